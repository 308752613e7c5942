// Package password has the step of a flow in which users have to set another password.
package password
