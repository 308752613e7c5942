package event

var consentKinds = []kind{kindOf[ConsentGranted](), kindOf[ConsentDenied](), kindOf[ConsentRevoked]()}

// ConsentGranted records what a user allowed a client, as it was shown.
type ConsentGranted struct {
	ClientID     string   `json:"client_id"` // public id
	ClientName   string   `json:"client_name"`
	RedirectHost string   `json:"redirect_host"`
	Scopes       []string `json:"scopes"`
	Resources    []string `json:"resources"`
}

// Type implements Fact.
func (ConsentGranted) Type() Type { return "consent.granted" }

// EndsNothing implements Harmless.
func (ConsentGranted) EndsNothing() {}

// ConsentDenied records that a user did not allow it.
type ConsentDenied struct {
	ClientID string `json:"client_id"` // public id
}

// Type implements Fact.
func (ConsentDenied) Type() Type { return "consent.denied" }

// EndsNothing implements Harmless.
func (ConsentDenied) EndsNothing() {}

// ConsentRevoked records that a consent was taken back, with what was granted on it.
type ConsentRevoked struct {
	ClientID string `json:"client_id"` // public id
}

// Type implements Fact.
func (ConsentRevoked) Type() Type { return "consent.revoked" }
