package app

// An area is a part of the server with routes of its own. It is made of parts, and knows
// no other area.
type area interface {
	mount(*router)
}

// A namedArea is an area before it is made.
type namedArea struct {
	name string
	make func(*parts) area
}

// areas are the whole server. Their order does not matter: no path is of two of them.
var areas = []namedArea{
	{"pages", newPages},
	{"protocol", newProtocol},
	{"registration", newRegistration},
	{"discovery", newDiscovery},
	{"health", newHealth},
	{"branding", newBranding},
	{"management", newManagement},
	{"reference", newDocs},
}
