// Package tid writes and reads TypeIDs, the public form of our ids: a prefix that names the kind of thing, an
// underscore and a UUID in 26 characters of lower-case Crockford base32, as in user_01jd3v8k3pe0xv6b8rwt3cc2zq.
//
// It owns the spelling only. Which prefixes exist and how ids are made (UUIDv7, so they sort by age) is up to the
// packages that keep the things.
package tid
