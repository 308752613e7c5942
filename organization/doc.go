// Package organization owns organizations: a tenant's customers, with members and
// their roles, and policies. Packages below have invitations and verified domains.
//
// A Service makes every change. It knows people by identity's ids only, and stores nothing:
// package storage keeps the repositories declared here.
package organization
