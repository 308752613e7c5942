// Package device has the page that asks who proved a password alone, in a browser that is new to
// the account, for the code that was mailed to them.
package device
