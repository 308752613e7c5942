package owner

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// MaxName bounds the name of a manifest, in bytes.
const MaxName = 200

// ErrOwned reports that a manifest declares what was to be changed. Its field names the manifest.
var ErrOwned = fault.New(fault.Conflict, "managed_by_manifest", "A manifest declares this. Change the manifest and apply it, or force the change.")

// Rows are the resources of one kind, each of which may have an owner: the name of a manifest.
type Rows interface {
	// LockOwner returns the owner of a resource, and holds its row until the transaction of ctx is over.
	// "" when it has none, or is not there.
	LockOwner(ctx context.Context, id uuid.UUID) (string, error)
	// SetOwner makes a manifest the owner; "": none. It needs the transaction of ctx.
	SetOwner(ctx context.Context, id uuid.UUID, owner string) error
	// Owned returns every resource that has an owner.
	Owned(ctx context.Context) ([]Owned, error)
}

// Owned is a resource that has an owner.
type Owned struct {
	ID    uuid.UUID
	Name  string // as manifests name it
	Owner string
}

// acting says as what somebody changes resources.
type acting struct {
	declares bool
	manifest string // that declares
	becomes  string // owner of what is changed
	force    bool
}

type actingKey struct{}

func from(ctx context.Context) acting {
	a, _ := ctx.Value(actingKey{}).(acting)
	return a
}

// Declare returns a context in which a manifest changes what it declares, and owns it afterwards.
func Declare(ctx context.Context, manifest string) context.Context {
	a := from(ctx)
	a.declares, a.manifest, a.becomes = true, manifest, manifest
	return context.WithValue(ctx, actingKey{}, a)
}

// Release is Declare of a manifest that declares it no more: it has no owner afterwards.
func Release(ctx context.Context, manifest string) context.Context {
	a := from(ctx)
	a.declares, a.manifest, a.becomes = true, manifest, ""
	return context.WithValue(ctx, actingKey{}, a)
}

// Force returns a context in which what a manifest declares may be changed.
func Force(ctx context.Context) context.Context {
	a := from(ctx)
	a.force = true
	return context.WithValue(ctx, actingKey{}, a)
}

// Decide returns the owner that a resource has after a change by whoever ctx says, or ErrOwned. It is
// the one decision of its kind. A caller who forces a change does not become the owner: the difference is drift.
func Decide(ctx context.Context, has string) (becomes string, err error) {
	a := from(ctx)
	switch {
	case has != "" && !a.force && (!a.declares || has != a.manifest):
		return "", ErrOwned.At(fault.Field{Pointer: "/managed_by", Message: "is " + strconv.Quote(has)})
	case a.declares:
		return a.becomes, nil
	default:
		return has, nil
	}
}

// Admit refuses whoever ctx says to change or delete a resource that is not theirs: ErrOwned. It needs
// the transaction of the change, and comes after what locks rights.
func Admit(ctx context.Context, rows Rows, id uuid.UUID) error {
	has, err := rows.LockOwner(ctx, id)
	if err != nil {
		return fmt.Errorf("find owner: %w", err)
	}
	_, err = Decide(ctx, has)
	return err
}
