// Package organization serves the page of a flow on which users choose the organization that they go on
// with, and are told where there is none.
package organization
