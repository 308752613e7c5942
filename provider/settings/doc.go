// Package settings says what is wrong with the settings of a tenant: for the manifest, where it is shown
// at its line, and for the management API, where it is shown by its JSON Pointer. It changes nothing.
package settings
