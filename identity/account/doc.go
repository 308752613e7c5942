// Package account is what users do with their own account. An operator has the services that
// it calls: they let more be done, because an operator is there to help.
package account
