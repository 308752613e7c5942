// Package invitation invites people to organizations, by mails with one-time links.
//
// An invitation is for one address and gives the roles that it was made with. The user who accepts it
// reads the mail of the address, and either has an account with that address, proved and signed in to,
// or makes one. Accepting is the last step, and one conditional UPDATE.
package invitation
