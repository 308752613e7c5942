package tenant

// Mail is how the letters of a tenant look. The zero value is the installation's sender and
// the shipped texts.
type Mail struct {
	// From is the sender, such as "Acme <id@acme.example>"; "": that of the installation.
	From string `json:"from,omitempty" yaml:"from,omitempty"`
	// ReplyTo is where answers go; "": to the sender.
	ReplyTo string `json:"reply_to,omitempty" yaml:"reply_to,omitempty"`
	// Texts replace shipped texts: by language (BCP 47) and key. See docs/mail.md.
	Texts map[string]map[string]string `json:"texts,omitempty" yaml:"texts,omitempty"`
}
