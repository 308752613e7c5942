package identity

// AMREmail is the authentication method reference of a code that was mailed. RFC 8176 has none for it.
// It shows that somebody reads a mailbox: no acr of the shipped ones is reached by it, and it is no
// second factor.
const AMREmail = "email"

// A MailSignIn is somebody on the way to sign in with a code of a mail.
type MailSignIn struct {
	NamedCode
	Remember bool `json:"r,omitempty"`
}
