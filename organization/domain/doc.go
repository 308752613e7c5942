// Package domain shows by the DNS that mail domains are organizations' own.
//
// An organization adds a domain and gets a token, which it puts into a TXT record at
// <label>.<domain>. A check looks for the record. A verified domain is one organization's of the
// tenant, and is looked at again every week.
package domain
