package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"math"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"plinto/internal/admission"
	"plinto/internal/argon2"
	"plinto/internal/tracing"
)

// A Pepper is the server's key for passwords, with an id that is stored beside
// each hash so that the key can be replaced.
type Pepper struct {
	ID  string // letters, digits, '-' and '_'
	Key [32]byte
	// Of returns the key instead, for whom a context acts for; nil: it is the same for all.
	Of func(context.Context) [32]byte
}

func (p *Pepper) of(ctx context.Context) [32]byte {
	if p.Of != nil {
		return p.Of(ctx)
	}
	return p.Key
}

// Options of a Hasher. The zero value has useful defaults but no pepper.
type Options struct {
	Cost   Cost     // zero: Floor
	Pepper Pepper   // of new hashes; without an ID there is none
	Old    []Pepper // still accepted
	// Slots is how many hashes run at once; zero: as many as there are processors.
	Slots int
	// Memory is how many KiB all hashes that run at once take at most, those of other
	// systems too, which may want more than Cost says. One that alone wants more than
	// all of it runs alone. Zero: as much as they want.
	Memory uint32
	// Wait is how long a caller queues for a slot; zero: 2 s.
	Wait time.Duration
}

// A Hasher hashes and verifies in bounded slots, so that a flood of sign-ins
// costs bounded memory, and on threads that let everybody else go first.
type Hasher struct {
	opts    Options
	slots   slots
	memory  *semaphore.Weighted // in KiB, taken by who has a slot
	workers workers
	dummy   decoded
	floor   floor
	meters  meters
}

// New returns a Hasher. It panics on a pepper whose ID cannot be stored.
func New(opts Options) *Hasher {
	if opts.Cost == (Cost{}) {
		opts.Cost = Floor
	}
	if opts.Slots == 0 {
		opts.Slots = runtime.GOMAXPROCS(0)
	}
	if opts.Wait == 0 {
		opts.Wait = 2 * time.Second
	}
	if opts.Memory == 0 {
		opts.Memory = math.MaxUint32
	}
	if !isKeyID(opts.Pepper.ID) {
		panic("password: pepper id " + opts.Pepper.ID + " cannot be stored")
	}
	return &Hasher{
		opts: opts, slots: newSlots(opts.Slots, opts.Wait), memory: semaphore.NewWeighted(int64(opts.Memory)),
		workers: workers{keep: opts.Cost.Memory}, meters: newMeters(),
		dummy: decoded{cost: opts.Cost, lanes: 1, pepper: opts.Pepper.ID, salt: make([]byte, saltLen), hash: make([]byte, keyLen)},
	}
}

// Cost returns what a new hash costs.
func (h *Hasher) Cost() Cost { return h.opts.Cost }

// Floor returns how long a refused sign-in has to take, since it began, so that its
// time tells nothing about the hash that was compared; zero while all hashes are
// alike.
func (h *Hasher) Floor() time.Duration { return h.floor.at(time.Now()) }

// Hash checks the password against the rules and returns its PHC string. Errors are those of
// Normalize and Rules.Check, and ErrBusy.
func (h *Hasher) Hash(ctx context.Context, by Owner, password string, rules Rules) (string, error) {
	clean, err := Normalize(password)
	if err != nil {
		return "", err
	}
	if err := rules.Check(ctx, clean); err != nil {
		return "", err
	}
	return h.fresh(ctx, by, clean)
}

// Rehash returns the PHC string of a password that its user just proved, whatever
// the rules say of it today.
func (h *Hasher) Rehash(ctx context.Context, by Owner, password string) (string, error) {
	clean, err := Normalize(password)
	if err != nil {
		return "", err
	}
	return h.fresh(ctx, by, clean)
}

func (h *Hasher) fresh(ctx context.Context, by Owner, clean string) (_ string, err error) {
	d := decoded{cost: h.opts.Cost, lanes: 1, pepper: h.opts.Pepper.ID, salt: make([]byte, saltLen)}
	_, _ = rand.Read(d.salt) // never fails (crypto/rand)
	if d.hash, err = h.run(ctx, setting, by, d, clean); err != nil {
		return "", err
	}
	return d.encode(), nil
}

// Verify compares a password with a stored hash; rehash says that the hash should
// be replaced. With encoded "", or one that cannot be read, it does the work of a
// new hash and answers false, so that an unknown user takes as long as a known
// one. ErrBusy.
//
// Other systems hashed what was typed, not the form of Normalize. Where the two differ both
// are compared, whatever is stored and whether or not the first matches: that a comparison
// takes twice as long tells what was typed, and nothing about the user.
func (h *Hasher) Verify(ctx context.Context, by Owner, password, encoded string) (ok, rehash bool, err error) {
	for _, form := range forms(password) {
		matches, outdated, err := h.compare(ctx, by, form, encoded)
		if err != nil {
			return false, false, err
		}
		ok, rehash = ok || matches, rehash || outdated
	}
	return ok, rehash, nil
}

// Comparisons returns how many hashes Verify computes for a password.
func Comparisons(password string) int { return len(forms(password)) }

// forms are what a hash of a password may be of.
func forms(password string) []string {
	switch clean, err := Normalize(password); {
	case err != nil:
		return []string{""} // no stored password looks like this
	case clean == password:
		return []string{clean}
	default:
		return []string{clean, password}
	}
}

// compare is Verify of one form of a password.
func (h *Hasher) compare(ctx context.Context, by Owner, clean, encoded string) (ok, rehash bool, err error) {
	if clean == "" {
		encoded = ""
	}
	if check, ok := readForeign(encoded); ok {
		ok, err := h.runForeign(ctx, by, check, clean)
		return ok, ok, err
	}
	d, err := decode(encoded)
	known := err == nil
	if !known {
		d = h.dummy
	}
	got, err := h.run(ctx, by.lane(), by, d, clean)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, d.hash) == 1 && known
	return ok, ok && h.outdated(d), nil
}

// outdated reports whether a hash should be replaced. A dearer one stays: servers
// of different speed must not take turns replacing each other's.
func (h *Hasher) outdated(d decoded) bool {
	return d.cost.Memory < h.opts.Cost.Memory || d.cost.Time < h.opts.Cost.Time || d.pepper != h.opts.Pepper.ID
}

// enter waits for a slot of the lane, and then for memory (in KiB): hashes that run give
// theirs back soon. ErrBusy; done gives both back and is called once.
func (h *Hasher) enter(ctx context.Context, l lane, by Owner, memory uint32) (done func(), err error) {
	admission.Release(ctx) // the slots have a queue of their own
	began := time.Now()
	ctx, span := tracing.Start(ctx, "wait for hash", tracing.Internal)
	defer span.End()
	leave, err := h.slots.enter(ctx, l, by)
	h.meters.waited(began, err)
	if err != nil {
		return nil, err
	}
	taken := int64(min(memory, h.opts.Memory))
	if err := h.memory.Acquire(ctx, taken); err != nil {
		leave()
		return nil, busy(err)
	}
	return func() { h.memory.Release(taken); leave() }, nil
}

// runForeign compares with a hash of another system in a slot.
func (h *Hasher) runForeign(ctx context.Context, by Owner, check foreign, password string) (bool, error) {
	done, err := h.enter(ctx, by.lane(), by, check.memory)
	if err != nil {
		return false, err
	}
	defer done()
	_, span := tracing.Start(ctx, "hash password", tracing.Internal)
	defer span.End()
	began := time.Now()
	var good bool
	h.workers.do(func(in *argon2.Memory) { good = check.matches(in, password) })
	h.meters.took.Observe(time.Since(began).Seconds())
	h.floor.note(false, time.Since(began), began)
	return good, nil
}

// run computes the hash that d describes in a slot of the lane.
func (h *Hasher) run(ctx context.Context, l lane, by Owner, d decoded, password string) ([]byte, error) {
	done, err := h.enter(ctx, l, by, d.cost.Memory)
	if err != nil {
		return nil, err
	}
	defer done()
	size := uint32(keyLen)
	if len(d.hash) > 0 {
		size = uint32(len(d.hash))
	}
	_, span := tracing.Start(ctx, "hash password", tracing.Internal)
	defer span.End()
	began := time.Now()
	input := h.input(ctx, password, d.pepper)
	var sum []byte
	h.workers.do(func(in *argon2.Memory) {
		sum = in.IDKey(input, d.salt, d.cost.Time, d.cost.Memory, d.lanes, size)
	})
	h.meters.took.Observe(time.Since(began).Seconds())
	h.floor.note(d.cost == h.opts.Cost && d.lanes == h.dummy.lanes, time.Since(began), began)
	return sum, nil
}

// input mixes the pepper with that id into the password. A hash from elsewhere
// has none. With a pepper that is not known any more nothing will match.
func (h *Hasher) input(ctx context.Context, password, id string) []byte {
	if id == "" {
		return []byte(password)
	}
	for _, p := range h.opts.Old {
		if p.ID == id {
			return peppered(password, p.of(ctx))
		}
	}
	return peppered(password, h.opts.Pepper.of(ctx))
}
