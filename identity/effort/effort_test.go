package effort

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// spent is a Spent in memory.
type spent map[string]bool

func (s spent) Spend(_ context.Context, hash []byte, _ time.Time) (bool, error) {
	before := s[string(hash)]
	s[string(hash)] = true
	return !before, nil
}

// A world is a service with a clock, and a tenant.
type world struct {
	*Service
	t   testing.TB
	now time.Time
	in  context.Context
}

func newWorld(t testing.TB) *world {
	t.Helper()
	root, _ := secret.NewRoot()
	w := &world{t: t, now: time.Now().Truncate(time.Second), in: in(t)}
	w.Service = New(root, Service{Spent: spent{}, Now: func() time.Time { return w.now }})
	return w
}

func in(t testing.TB) context.Context {
	return tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
}

// asks is what is demanded of who shows nothing.
func (w *world) asks(strain int) *identity.EffortDemanded {
	w.t.Helper()
	var asked *identity.EffortDemanded
	if err := w.Demand(w.in, identity.Effort{Browser: "b"}, "sign-in", "alice", strain); !errors.As(err, &asked) {
		w.t.Fatalf("demanded %v", err)
	}
	return asked
}

// zerosOf is how many zeros the hash of a challenge and a number starts with.
func zerosOf(challenge, work string) int {
	sum := sha256.Sum256([]byte(challenge + "." + work))
	n := 0
	for n < 64 && sum[n/8]>>(7-n%8)&1 == 0 {
		n++
	}
	return n
}

// solve finds a number with at least so many zeros, and short one with a few less.
func solve(challenge string, zeros int) string { return find(challenge, zeros, 64) }
func short(challenge string, zeros int) string { return find(challenge, zeros-4, zeros-1) }

func find(challenge string, least, most int) string {
	for n := 0; ; n++ {
		if work := strconv.Itoa(n); zerosOf(challenge, work) >= least && zerosOf(challenge, work) <= most {
			return work
		}
	}
}

func TestDemand_growsWithTheStrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Demand(w.in, identity.Effort{}, "sign-in", "alice", 0); err != nil {
		t.Errorf("without strain: %v", err)
	}
	one, two, most := w.asks(1), w.asks(2), w.asks(9)
	if one.Bits >= two.Bits || one.Wait >= two.Wait || most.Bits != two.Bits || one.Challenge == w.asks(1).Challenge {
		t.Errorf("demanded %+v, then %+v, at most %+v", one, two, most)
	}
	if f, ok := fault.As(one); !ok || f.Kind != fault.TooMany || f.RetryAfter != one.Wait || !errors.Is(one, identity.ErrEffort) {
		t.Errorf("as an error: %+v", f)
	}
}

// PWD-28: an effort is for one try, of one browser, for one name, purpose and tenant, and in time.
func TestDemand_takesAnEffortOnceForWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does func(w *world, e *identity.Effort, purpose, account *string)
		want bool
	}{
		"work":             {func(*world, *identity.Effort, *string, *string) {}, true},
		"work of a minute": {func(w *world, _ *identity.Effort, _, _ *string) { w.now = w.now.Add(time.Minute) }, true},
		"waited": {func(w *world, e *identity.Effort, _, _ *string) {
			e.Work, w.now = "", w.now.Add(10*time.Second)
		}, true},
		"early": {func(w *world, e *identity.Effort, _, _ *string) {
			e.Work, w.now = "", w.now.Add(9*time.Second)
		}, false},
		"too easy":             {func(w *world, e *identity.Effort, _, _ *string) { e.Work = short(e.Challenge, levels[1].bits) }, false},
		"long work":            {func(w *world, e *identity.Effort, _, _ *string) { e.Work = strings.Repeat("0", maxWork) + e.Work }, false},
		"expired":              {func(w *world, _ *identity.Effort, _, _ *string) { w.now = w.now.Add(Life + time.Second) }, false},
		"waited until expired": {func(w *world, e *identity.Effort, _, _ *string) { e.Work, w.now = "", w.now.Add(Life+time.Second) }, false},
		"another browser":      {func(_ *world, e *identity.Effort, _, _ *string) { e.Browser = "c" }, false},
		"another purpose":      {func(_ *world, _ *identity.Effort, purpose, _ *string) { *purpose = "recovery" }, false},
		"another account":      {func(_ *world, _ *identity.Effort, _, account *string) { *account = "bob" }, false},
		"another tenant":       {func(w *world, _ *identity.Effort, _, _ *string) { w.in = in(w.t) }, false},
		"another server": {func(w *world, _ *identity.Effort, _, _ *string) {
			root, _ := secret.NewRoot()
			w.Service = New(root, *w.Service)
		}, false},
		"nothing":   {func(_ *world, e *identity.Effort, _, _ *string) { e.Challenge = "" }, false},
		"no base64": {func(_ *world, e *identity.Effort, _, _ *string) { e.Challenge = "!" + e.Challenge[1:] }, false},
		"forged": {func(_ *world, e *identity.Effort, _, _ *string) {
			e.Challenge = strings.Repeat("A", len(e.Challenge))
			e.Work = solve(e.Challenge, levels[1].bits)
		}, false},
		"an easier level": {func(w *world, e *identity.Effort, _, _ *string) {
			e.Challenge = w.asks(2).Challenge
			e.Work = short(e.Challenge, levels[2].bits)
		}, false},
		"spent": {func(w *world, e *identity.Effort, purpose, account *string) {
			if err := w.Demand(w.in, *e, *purpose, *account, 1); err != nil {
				w.t.Errorf("the first time: %v", err)
			}
		}, false},
		"spent by waiting": {func(w *world, e *identity.Effort, purpose, account *string) {
			w.now = w.now.Add(time.Minute)
			if err := w.Demand(w.in, identity.Effort{Browser: "b", Challenge: e.Challenge}, *purpose, *account, 1); err != nil {
				w.t.Errorf("the first time: %v", err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.asks(1)
			e := identity.Effort{Browser: "b", Challenge: asked.Challenge, Work: solve(asked.Challenge, asked.Bits)}
			purpose, account := "sign-in", "alice"
			c.does(w, &e, &purpose, &account)
			err := w.Demand(w.in, e, purpose, account, 1)
			if (err == nil) != c.want || err != nil && !errors.Is(err, identity.ErrEffort) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

// Who sends the form too early goes on waiting for the same challenge.
func TestDemand_goesOnWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.asks(1)
	w.now = w.now.Add(4 * time.Second)
	var again *identity.EffortDemanded
	if err := w.Demand(w.in, identity.Effort{Browser: "b", Challenge: first.Challenge}, "sign-in", "alice", 2); !errors.As(err, &again) {
		t.Fatal(err)
	}
	if again.Challenge != first.Challenge || again.Bits != first.Bits || again.Wait != first.Wait-4*time.Second || !again.Early {
		t.Errorf("demanded %+v after %+v", again, first)
	}
}

// What is no good costs no statement.
func TestDemand_readsNothingBeforeTheProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Spent = nil // a statement would panic
	asked := w.asks(1)
	for _, e := range []identity.Effort{
		{},
		{Browser: "b", Challenge: asked.Challenge},
		{Browser: "c", Challenge: asked.Challenge, Work: solve(asked.Challenge, asked.Bits)},
		{Browser: "b", Challenge: asked.Challenge, Work: short(asked.Challenge, asked.Bits)},
	} {
		if err := w.Demand(w.in, e, "sign-in", "alice", 1); !errors.Is(err, identity.ErrEffort) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

func BenchmarkDemand(b *testing.B) {
	w := newWorld(b)
	asked := w.asks(1)
	e := identity.Effort{Browser: "b", Challenge: asked.Challenge, Work: solve(asked.Challenge, asked.Bits)}
	for b.Loop() {
		_ = w.Demand(w.in, e, "sign-in", "alice", 1)
	}
}

func FuzzDemand(f *testing.F) {
	f.Add("", "")
	f.Add(strings.Repeat("A", 71), "1")
	f.Fuzz(func(t *testing.T, challenge, work string) {
		w := newWorld(t)
		if err := w.Demand(w.in, identity.Effort{Browser: "b", Challenge: challenge, Work: work}, "sign-in", "alice", 1); err == nil {
			t.Errorf("%q with %q is good", challenge, work)
		}
	})
}
