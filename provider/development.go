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
