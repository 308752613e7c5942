// Package device has what becomes of browsers that signed users in: the code by mail that a new one
// is asked for, and the list from which users and operators revoke them.
package device
