// Package passwords lets users who have just proved who they are set another password: because
// they want to, or because they have to.
package passwords
