// Package dispatch takes a flow to its next step. It gathers what provider.Flow.Next
// decides on, and says on which page a step is taken. A step never leads to another: it
// notes in the flow what it learned and asks here, at once (in the transaction that
// starts a session) or by way of the authorization endpoint.
//
// A new step is a requirement in provider/flow.go, a line in pages, and a package that
// serves the page.
package dispatch
