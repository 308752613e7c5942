// Package secret handles what must not leak: redacting strings, random tokens and
// how they are kept, authenticated encryption, and the keys it all hangs on.
//
// Every derived key and every ciphertext names its purpose, so that nothing made
// for one use is good for another. It stores nothing and reads no environment.
package secret
