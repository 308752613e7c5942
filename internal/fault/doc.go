// Package fault is how errors say what they mean: a Kind that decides the answer,
// a stable code, a message that may be shown, and a cause that is only logged.
//
// It knows no protocol; package web translates kinds into answers.
package fault
