package provider

// Clients that plinto dev makes for its playground, in tenants where somebody uses it there. They are
// part of no manifest: none declares, exports or prunes them, and nobody else registers one.
const (
	PlaygroundClientID = "plinto-dev-playground"
	// BriefClientID has tokens that end at once, and plays the stranger in attacks.
	BriefClientID = "plinto-dev-brief"
)

// OfDevelopment reports whether a client is one that plinto dev makes.
func OfDevelopment(clientID string) bool {
	return clientID == PlaygroundClientID || clientID == BriefClientID
}

// MadeByPlinto reports whether a client is one that Plinto makes for itself: for its command line, or for plinto dev. No manifest prunes it, and
// none is exported with it unless a manifest declares it.
func MadeByPlinto(clientID string) bool {
	return clientID == CommandLineClientID || OfDevelopment(clientID)
}
