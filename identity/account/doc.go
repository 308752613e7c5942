// Package account has what users do with their own account. It refuses what would lock them out, such as
// removing the last way to sign in; operators, who can help, call the services below it directly.
package account
