// Package preset knows identity providers that many people use: what a connection to one has where nothing else is said, and
// in what their answers differ from the specification. It knows nothing of connections, and asks nobody.
//
// There is one small file for each provider, with where the provider documents it and when that was read.
package preset
