package identity

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/password"
	"plinto/tenant"
)

// nobody is Users without any.
type nobody struct{ Users }

func (nobody) Credential(context.Context, string, []byte) (Credential, error) {
	return Credential{}, ErrUserNotFound
}

// strained is a Limiter with something left.
type strained struct {
	Limiter
	is bool
}

func (strained) Wait(context.Context, ...Bucket) time.Duration { return 0 }
func (strained) Strain(context.Context, ...Bucket) int         { return 0 }
func (s strained) Strained(context.Context, ...Bucket) bool    { return s.is }

// none asks for no effort.
type none struct{}

func (none) Demand(context.Context, Effort, string, string, int) error { return nil }

// owned notes on whose behalf it is asked, and is busy.
type owned struct {
	PasswordHasher
	by password.Owner
}

func (o *owned) Verify(_ context.Context, by password.Owner, _, _ string) (ok, rehash bool, err error) {
	o.by = by
	return false, false, errors.New("busy")
}

// NET-27: a network that fails often has its guesses compared after everybody else's.
func TestPasswordProof_ofAStrainedNetworkIsComparedLast(t *testing.T) {
	t.Parallel()
	ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
	for _, is := range []bool{false, true} {
		for _, device := range [][]byte{nil, []byte("a device")} {
			hasher := &owned{}
			p := &PasswordProof{Users: nobody{}, Limiter: strained{is: is}, Efforts: none{}, Hasher: hasher}
			if _, err := p.Prove(ctx, Attempt{Identifier: "a@example.com", Address: "192.0.2.1", Device: device}); err == nil {
				t.Fatal("it is not busy")
			}
			if hasher.by.Strained != is || hasher.by.Known {
				t.Errorf("strained %v, device %q: compared for %+v", is, device, hasher.by)
			}
		}
	}
}
