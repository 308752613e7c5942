package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"plinto/identity"
	"plinto/organization"
	"plinto/tenant"
)

// Columns of JSON may hold what nobody can read: somebody altered them, or another version wrote them. In a list such a row is
// named and what of it cannot be read is left out, so that the others are listed; who needs that row alone gets an error that
// names it (docs/decisions/0149). The column is said, and never its content, which may be about a person.

// unreadableName is shown for the name of what cannot be read.
const unreadableName = "(cannot be read)"

// unread adds a column to what of a row cannot be read.
func unread(unreadable *string, column string) {
	if *unreadable != "" {
		*unreadable += ", "
	}
	*unreadable += column
}

// A part is a column of a listed row. What cannot be read is the zero value, and is named in unreadable.
type part[T any] struct {
	to         *T
	column     string
	unreadable *string
}

// ScanBytes implements pgtype.BytesScanner.
func (p *part[T]) ScanBytes(stored []byte) error {
	var zero T
	*p.to = zero
	if readJSON(stored, p.to) != nil {
		*p.to = zero // without what was read before the fault
		unread(p.unreadable, p.column)
	}
	return nil
}

// A keptObject is a column of a listed row that holds an object, or NULL, and is kept as it is.
type keptObject struct {
	to         *json.RawMessage
	column     string
	unreadable *string
}

// ScanBytes implements pgtype.BytesScanner.
func (d *keptObject) ScanBytes(stored []byte) error {
	*d.to = readObject(stored, d.column, d.unreadable)
	return nil
}

// readObject returns what is stored when that is an object or NULL. Postgres writes no blanks before one.
func readObject(stored []byte, column string, unreadable *string) json.RawMessage {
	if len(stored) > 0 && stored[0] != '{' {
		unread(unreadable, column)
		return nil
	}
	return bytes.Clone(stored)
}

// Each of these is a user as one column is read into it, which costs a page of users no allocation.
type (
	wholeProfile  identity.User // an error where it cannot be read
	listedProfile identity.User // named in Unreadable there, as by a part
	listedPublic  identity.User // the same, as by a keptObject
	listedPrivate identity.User
)

// ScanBytes implements pgtype.BytesScanner. identity.ErrUserUnreadable.
func (u *wholeProfile) ScanBytes(stored []byte) error {
	u.Profile = identity.Profile{}
	if readJSON(stored, &u.Profile) != nil {
		return identity.ErrUserUnreadable.With(fmt.Errorf("the profile of %s cannot be read", (*identity.User)(u).PublicID()))
	}
	return nil
}

// ScanBytes implements pgtype.BytesScanner.
func (u *listedProfile) ScanBytes(stored []byte) error {
	return (&part[identity.Profile]{&u.Profile, "profile", &u.Unreadable}).ScanBytes(stored)
}

// ScanBytes implements pgtype.BytesScanner.
func (u *listedPublic) ScanBytes(stored []byte) error {
	u.Kept.Public = readObject(stored, "public_metadata", &u.Unreadable)
	return nil
}

// ScanBytes implements pgtype.BytesScanner.
func (u *listedPrivate) ScanBytes(stored []byte) error {
	u.Kept.Private = readObject(stored, "private_metadata", &u.Unreadable)
	return nil
}

// A wholePolicy is the policy of the organization of something that is read alone, such as a grant.
type wholePolicy organization.Policy

// ScanBytes implements pgtype.BytesScanner. organization.ErrUnreadable: the zero policy demands less than what somebody set.
func (p *wholePolicy) ScanBytes(stored []byte) error {
	*p = wholePolicy{}
	if readJSON(stored, (*organization.Policy)(p)) != nil {
		return organization.ErrUnreadable.With(errors.New("the policy of the organization cannot be read"))
	}
	return nil
}

// wholeUser refuses a user who was read alone and of whom something cannot be read; the id is returned all the same.
func wholeUser(u identity.User, err error) (identity.User, error) {
	if err == nil && u.Unreadable != "" {
		err = identity.ErrUserUnreadable.With(fmt.Errorf("of %s cannot be read: %s", u.PublicID(), u.Unreadable))
	}
	return u, err
}

// wholeOrganization is wholeUser of an organization.
func wholeOrganization(o organization.Organization, err error) (organization.Organization, error) {
	if err == nil && o.Unreadable != "" {
		err = organization.ErrUnreadable.With(fmt.Errorf("of %s cannot be read: %s", o.PublicID(), o.Unreadable))
	}
	return o, err
}

// tellUnread has the log name what is left out because it cannot be read.
func tellUnread(ctx context.Context, what, id, columns string) {
	slog.ErrorContext(ctx, what+" cannot be read and is left out", "tenant", tenant.Must(ctx).Slug, "id", id, "columns", columns)
}
