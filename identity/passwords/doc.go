// Package passwords lets users who have just proved who they are set another password, because
// they want to or because they have to, or do without one.
package passwords
