package identity

// A Recovery is somebody who cannot sign in, on the way to another password.
type Recovery struct{ NamedCode }
