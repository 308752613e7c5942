// Package mfa keeps the second factors of users and proves them.
//
// A factor never stands alone: whoever proves one has proved a first factor before, in the
// same flow or by the session. What was proved goes into the amr of the session (RFC 8176);
// nothing but a factor of this package, or a passkey that verified its user, makes it "mfa".
package mfa
