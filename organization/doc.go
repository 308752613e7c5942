// Package organization owns organizations: a tenant's customers, with members and
// their roles. Invitations and verified domains will live here too.
//
// A Service makes every change. It knows people by identity's ids only, and stores nothing:
// package storage keeps the repositories declared here.
package organization
