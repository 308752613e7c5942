package federation

// An Address is what is known here of the address that a provider says an account has.
type Address int

// What is known of an address. Of one that the connection does not vouch for nothing is looked up, and nothing is told.
const (
	Unvouched  Address = iota // the provider does not call it verified, or the connection does not vouch for it
	Unheld                    // nobody has it
	Unverified                // a user has it, who never showed that they read its mail
	Guarded                   // a user has it and showed that, and has a second factor besides, a role, or another identity of the connection
	Held                      // a user has it and showed that
)

// Facts are what Decide looks at.
type Facts struct {
	// Known says that the identity (connection, issuer, subject) belongs to a user here.
	Known bool
	// Active says that this user, or the one who has the address, may sign in.
	Active  bool
	Address Address
	// Named says that the connection names the domain of the address, and Invited that the address has an open invitation.
	Named, Invited bool
	Provision      string // of the connection
}

// An Outcome is what becomes of an account at a provider.
type Outcome int

// The outcomes.
const (
	Refuse Outcome = iota // nothing: its user may not sign in
	SignIn                // it signs its user in
	Link                  // it becomes an identity of the user who has the address, and signs them in
	Make                  // it gets a user of its own
	Offer                 // whoever has an account here signs in to it first, and then says whether the two belong together
)

// Decide says what becomes of an account at a provider with which somebody signs in. These are the rules that keep one
// person's account from being taken over by another's:
//
//   - Only (connection, issuer, subject) says whose an account is. What else the provider says of it may change, be chosen
//     by anybody, or be given to somebody else.
//   - An address counts if the provider says true, and the tenant's owner said that the connection may answer for it.
//   - Even then it opens no account whose user never showed that they read its mail (whoever made it may still know its
//     password), and none that is guarded by more than that mailbox.
//   - All others show that the account here is theirs by signing in to it.
//
// It is pure, so the whole of it is one table test.
func Decide(f Facts) Outcome {
	switch {
	case f.Known && f.Active:
		return SignIn
	case f.Known:
		return Refuse
	}
	switch f.Address {
	case Held:
		if f.Active {
			return Link
		}
		return Refuse
	case Unheld:
		if f.provisions() {
			return Make
		}
	case Unvouched, Unverified, Guarded:
	}
	return Offer
}

// provisions reports whether the connection makes an account for an address that it vouches for.
func (f *Facts) provisions() bool {
	switch f.Provision {
	case ProvisionAll:
		return true
	case ProvisionDomain:
		return f.Named
	case ProvisionInvited:
		return f.Invited
	}
	return false
}
