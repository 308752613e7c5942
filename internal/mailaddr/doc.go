// Package mailaddr reads mail addresses, international ones too: with a domain in any
// script (IDNA 2008, RFC 5891) and with a local part in UTF-8 (RFC 6531).
//
// It accepts what people have: a plain local part, one @, a domain name. What only a
// parser's dark corners accept (quoted parts, comments, groups, address literals, a
// second @) is refused, so that no two parsers read two addresses from one text. In
// other scripts it refuses besides what would look like another address: characters
// that do not show, that have a compatible form, and mixtures of scripts.
//
// It sends nothing and resolves no name.
package mailaddr
