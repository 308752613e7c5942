package phc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"plinto/internal/fault"
)

// ErrBusy reports that every slot and every place in the queue is taken.
var ErrBusy = fault.New(fault.Unavailable, "sign_in_busy", "Too many sign-ins at once. Please try again in a moment.")

// A Pepper is the server's key for passwords, with an id that is stored beside
// each hash so that the key can be replaced.
type Pepper struct {
	ID  string
	Key [32]byte
}

// Options of a Hasher. The zero value has useful defaults but no pepper.
type Options struct {
	Cost   Cost     // zero: Floor
	Pepper Pepper   // of new hashes
	Old    []Pepper // still accepted
	// Slots is how many hashes run at once; zero: one less than the processors, at least one.
	Slots int
	// Wait is how long a caller queues for a slot; zero: 2 s.
	Wait time.Duration
}

// A Hasher hashes and verifies in bounded slots, so that a flood of sign-ins
// costs bounded memory and leaves a processor to everybody else.
type Hasher struct {
	opts  Options
	slots chan struct{}
	queue chan struct{}
	dummy decoded
}

// queuePerSlot is how many callers wait for each slot.
const queuePerSlot = 8

// New returns a Hasher.
func New(opts Options) *Hasher {
	if opts.Cost == (Cost{}) {
		opts.Cost = Floor
	}
	if opts.Slots == 0 {
		opts.Slots = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if opts.Wait == 0 {
		opts.Wait = 2 * time.Second
	}
	h := &Hasher{opts: opts, slots: make(chan struct{}, opts.Slots), queue: make(chan struct{}, opts.Slots*(queuePerSlot+1))}
	h.dummy = decoded{cost: opts.Cost, lanes: 1, salt: make([]byte, saltLen), hash: make([]byte, keyLen)}
	return h
}

// Cost returns what a new hash costs.
func (h *Hasher) Cost() Cost { return h.opts.Cost }

// Hash checks the password against the rules and returns its PHC string.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	clean, err := Normalize(password)
	if err != nil {
		return "", err
	}
	if err := CheckRules(clean); err != nil {
		return "", err
	}
	d := decoded{cost: h.opts.Cost, lanes: 1, pepper: h.opts.Pepper.ID, salt: make([]byte, saltLen)}
	_, _ = rand.Read(d.salt) // never fails (crypto/rand)
	if d.hash, err = h.run(ctx, d, peppered(clean, h.opts.Pepper.Key)); err != nil {
		return "", err
	}
	return d.encode(), nil
}

// Verify compares a password with a stored hash; rehash says that the hash should
// be replaced. With encoded "" it does the work of a new hash and answers false,
// so that an unknown user takes as long as a known one.
func (h *Hasher) Verify(ctx context.Context, password, encoded string) (ok, rehash bool, err error) {
	clean, err := Normalize(password)
	if err != nil {
		clean, encoded = "", "" // no stored password looks like this
	}
	if strings.HasPrefix(encoded, "$2") {
		return h.verifyBcrypt(ctx, clean, encoded)
	}
	d, known := h.dummy, false
	if encoded != "" {
		if parsed, err := decode(encoded); err == nil {
			d, known = parsed, true
		}
	}
	input := []byte(clean)
	if d.pepper != "" || !known {
		input = peppered(clean, h.pepper(d.pepper))
	}
	got, err := h.run(ctx, d, input)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, d.hash) == 1 && known
	return ok, ok && (d.cost != h.opts.Cost || d.pepper != h.opts.Pepper.ID || d.lanes != 1), nil
}

func (h *Hasher) pepper(id string) [32]byte {
	for _, p := range h.opts.Old {
		if p.ID == id {
			return p.Key
		}
	}
	return h.opts.Pepper.Key
}

// verifyBcrypt checks an imported hash. Go's bcrypt ignores what is beyond 72
// bytes when comparing, so longer candidates are refused here.
func (h *Hasher) verifyBcrypt(ctx context.Context, password, encoded string) (ok, rehash bool, err error) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil || cost > 13 || len(password) > 72 {
		_, err := h.run(ctx, h.dummy, []byte(password))
		return false, false, err
	}
	done, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	ok = bcrypt.CompareHashAndPassword([]byte(encoded), []byte(password)) == nil
	return ok, ok, nil
}

func (h *Hasher) run(ctx context.Context, d decoded, input []byte) ([]byte, error) {
	done, err := h.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	size := uint32(keyLen)
	if len(d.hash) > 0 {
		size = uint32(len(d.hash)) //nolint:gosec // at most 64, see sane
	}
	return argon2.IDKey(input, d.salt, d.cost.Time, d.cost.Memory, d.lanes, size), nil
}

// enter waits for a slot.
func (h *Hasher) enter(ctx context.Context) (done func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, busy()
	}
	timer := time.NewTimer(h.opts.Wait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-timer.C:
		<-h.queue
		return nil, busy()
	case <-ctx.Done():
		<-h.queue
		return nil, ctx.Err()
	}
}

func busy() error {
	e := *ErrBusy
	e.RetryAfter = time.Second
	return &e
}
