package event

var keyKinds = []kind{kindOf[KeyCreated](), kindOf[KeyActivated](), kindOf[KeyRetired](), kindOf[RootKeyRewrapped]()}

// KeyCreated records a new signing key.
type KeyCreated struct {
	Alg string `json:"alg"` // JWS alg
}

// Type implements Fact.
func (KeyCreated) Type() Type { return "key.created" }

// KeyActivated records which key signs from now on.
type KeyActivated struct {
	Alg string `json:"alg"`
}

// Type implements Fact.
func (KeyActivated) Type() Type { return "key.activated" }

// KeyRetired records that a key signs no more; its signatures hold.
type KeyRetired struct {
	Alg string `json:"alg"`
}

// Type implements Fact.
func (KeyRetired) Type() Type { return "key.retired" }

// RootKeyRewrapped records that other keys open the root key of the installation, in the log of the operators' tenant.
// Keys are named as plinto keys rewrap names them, which says nothing of them.
type RootKeyRewrapped struct {
	Added []string `json:"added,omitempty"` // open it from now on
	Ended []string `json:"ended,omitempty"` // open it no more
	Stay  []string `json:"stay,omitempty"`  // open it as before
}

// Type implements Fact.
func (RootKeyRewrapped) Type() Type { return "root_key.rewrapped" }

// EndsNothing implements Harmless.
func (RootKeyRewrapped) EndsNothing() {}
