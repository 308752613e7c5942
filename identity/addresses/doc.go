// Package addresses lets users have more mail addresses than one. One is the primary: it is in
// users.email, claims have it, and mails about the account go to it. A user signs in and recovers
// the password by every address that was proved.
//
// An address that was added is nobody's until it is proved, by the code or by the link of a mail.
// Of two users who prove the same address one gets it: the database decides.
//
// A change of the primary address can be taken back for ChangeLife, by a link that is mailed to the
// old one. Until then nobody else can have the old address, even if it was removed.
package addresses
