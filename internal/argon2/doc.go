// Package argon2 computes Argon2 (RFC 9106) in the calling goroutine alone and in memory that
// is used again. golang.org/x/crypto/argon2 starts a goroutine for every segment, which runs on
// any thread of the process, so its caller cannot have it run on a thread of lower priority; and
// it allocates its memory anew for every hash.
//
// What is computed is the same. The compression function, where the time goes, is that of
// golang.org/x/crypto/argon2.
package argon2
