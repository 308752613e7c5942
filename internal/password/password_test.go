package password

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"plinto/internal/fair"
	"plinto/internal/fault"
)

var quick = Cost{Memory: 64, Time: 1}

func hasher() *Hasher {
	return New(Options{Cost: quick, Slots: 4, Pepper: Pepper{ID: "k1", Key: [32]byte{1}}})
}

func TestHash_verifiesOnlyTheSamePassword(t *testing.T) {
	t.Parallel()
	h := hasher()
	for _, password := range []string{"correct horse battery", " leading and trailing ", "päßwörter zählen", "emoji 🐎🔋 horse", "tab\there? no"} {
		encoded, err := h.Hash(t.Context(), someone, password, Rules{})
		if strings.Contains(password, "\t") {
			if !errors.Is(err, ErrUnusable) {
				t.Errorf("Hash(%q) = %v, want ErrUnusable", password, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("Hash(%q): %v", password, err)
		}
		for candidate, want := range map[string]bool{password: true, password + " ": false, strings.ToUpper(password): false, password[1:]: false} {
			ok, rehash, err := h.Verify(t.Context(), someone, candidate, encoded)
			if err != nil || ok != want || rehash {
				t.Errorf("Verify(%q) against %q = %v, %v, %v; want %v", candidate, password, ok, rehash, err, want)
			}
		}
	}
}

func TestVerify_needsThePepper(t *testing.T) {
	t.Parallel()
	encoded, err := hasher().Hash(t.Context(), someone, "correct horse battery", Rules{})
	if err != nil {
		t.Fatal(err)
	}
	other := New(Options{Cost: quick, Pepper: Pepper{ID: "k1", Key: [32]byte{2}}})
	if ok, _, err := other.Verify(t.Context(), someone, "correct horse battery", encoded); ok || err != nil {
		t.Errorf("Verify with another pepper = %v, %v", ok, err)
	}
	renewed := New(Options{Cost: quick, Pepper: Pepper{ID: "k2", Key: [32]byte{2}}, Old: []Pepper{{ID: "k1", Key: [32]byte{1}}}})
	if ok, rehash, err := renewed.Verify(t.Context(), someone, "correct horse battery", encoded); !ok || !rehash || err != nil {
		t.Errorf("Verify after the pepper was replaced = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
}

func TestVerify_asksForRehashWhenTheCostRose(t *testing.T) {
	t.Parallel()
	encoded, err := hasher().Hash(t.Context(), someone, "correct horse battery", Rules{})
	if err != nil {
		t.Fatal(err)
	}
	dearer := New(Options{Cost: Cost{Memory: 128, Time: 1}, Pepper: Pepper{ID: "k1", Key: [32]byte{1}}})
	if ok, rehash, err := dearer.Verify(t.Context(), someone, "correct horse battery", encoded); !ok || !rehash || err != nil {
		t.Errorf("Verify = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
}

// Go's bcrypt compares the first 72 bytes only.
func TestVerify_refusesBcryptCandidatesOver72Bytes(t *testing.T) {
	t.Parallel()
	stored, err := bcrypt.GenerateFromPassword([]byte(strings.Repeat("a", 72)), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := hasher().Verify(t.Context(), someone, strings.Repeat("a", 72), string(stored)); !ok || !rehash || err != nil {
		t.Errorf("72 bytes: %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
	if ok, _, err := hasher().Verify(t.Context(), someone, strings.Repeat("a", 80), string(stored)); ok || err != nil {
		t.Errorf("80 bytes: %v, %v; want false", ok, err)
	}
}

func TestVerify_unknownUserOrBrokenHashIsRefused(t *testing.T) {
	t.Parallel()
	for _, encoded := range []string{"", "x", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=1$$", "$2y$31$abc"} {
		if ok, _, err := hasher().Verify(t.Context(), someone, strings.Repeat("\x00", 3)+"password", encoded); ok || err != nil {
			t.Errorf("Verify against %q = %v, %v", encoded, ok, err)
		}
		if ok, _, err := hasher().Verify(t.Context(), someone, "correct horse battery", encoded); ok || err != nil {
			t.Errorf("Verify against %q = %v, %v", encoded, ok, err)
		}
	}
}

func TestHash_refusesBadPasswords(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]error{
		"short": ErrShort, "password": ErrCommon, "Password1": ErrCommon, "qwerty123!": ErrCommon, "zzzzzzzzzz": ErrCommon,
		strings.Repeat("x", 257): ErrLong, strings.Repeat("ä", 600): ErrLong, "": ErrShort,
	} {
		if _, err := hasher().Hash(t.Context(), someone, password, Rules{}); !errors.Is(err, want) {
			t.Errorf("Hash(%.20q) = %v, want %v", password, err, want)
		}
	}
}

var someone = Owner{Tenant: "tenant", Network: "192.0.2.0/24"}

// hold takes the only slot and fills the queue with sign-ins of an owner.
func hold(t *testing.T, h *Hasher, by Owner) {
	t.Helper()
	leave, err := h.slots.enter(t.Context(), setting, Owner{Tenant: "another", Network: "another"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range queuePerSlot {
		all.Go(func() {
			if done, err := h.slots.enter(ctx, by.lane(), by); err == nil {
				done()
			}
		})
	}
	t.Cleanup(func() { cancel(); all.Wait(); leave() })
	for err = nil; !errors.Is(err, fair.ErrFull); _, err = h.slots.enter(left(t), by.lane(), by) {
		runtime.Gosched() // until all of them are in line
	}
}

// left is the context of a client that left.
func left(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func (c *crowd) len() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, here := range c.here {
		n += here
	}
	return n
}

// Whose queue is full is told to come back; nobody else is.
func TestHasher_boundsTheQueueOfEachOwner(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 1, Wait: time.Minute})
	hold(t, h, someone)
	_, _, err := h.Verify(t.Context(), someone, "correct horse battery", "")
	var f *fault.Error
	if !errors.Is(err, fault.Unavailable) || !errors.As(err, &f) || f.RetryAfter <= 0 || !errors.Is(err, fair.ErrFull) {
		t.Errorf("Verify() with a full queue = %v, want Unavailable with a time to retry", err)
	}
	for _, other := range []struct {
		name string
		by   Owner
	}{
		{"another tenant", Owner{Tenant: "b", Network: someone.Network}},
		{"a known browser", Owner{Tenant: someone.Tenant, Network: someone.Network, Known: true}},
		{"another network", Owner{Tenant: someone.Tenant, Network: "198.51.100.0/24"}}, // takes a place of the one that has all
	} {
		if _, _, err := h.Verify(left(t), other.by, "correct horse battery", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("Verify() of %s = %v, want it to wait", other.name, err)
		}
	}
	if _, err := h.Hash(left(t), someone, "correct horse battery", Rules{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash() behind a queue of sign-ins = %v, want it to wait in its own lane", err)
	}
}

// Networks that failed often of late let the others go first, but for browsers that are
// known in them.
func TestHasher_letsStrainedNetworksGoLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Cost: quick, Slots: 1, Wait: time.Minute})
		leave, err := h.slots.enter(t.Context(), signIn, someone)
		if err != nil {
			t.Fatal(err)
		}
		var served []string
		waits := func(name string, by Owner) {
			go func() {
				done, err := h.slots.enter(t.Context(), by.lane(), by)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				served = append(served, name)
				done()
			}()
			synctest.Wait()
		}
		waits("strained", Owner{Tenant: "a", Network: "n", Strained: true})
		waits("known in it", Owner{Tenant: "a", Network: "n", Strained: true, Known: true})
		waits("another", Owner{Tenant: "b", Network: "m"})
		leave()
		synctest.Wait()
		if want := []string{"known in it", "another", "strained"}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
	})
}

// A network that is at every tenant does not have a place in every queue.
func TestHasher_boundsANetworkAcrossTenants(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 1})
	for i := range queuePerSlot + 1 {
		if !h.slots.networks.join("1 " + someone.Network) {
			t.Fatalf("place %d is refused", i+1)
		}
	}
	if _, err := h.slots.enter(t.Context(), signIn, Owner{Tenant: "one more", Network: someone.Network}); !errors.Is(err, ErrBusy) {
		t.Errorf("one more tenant of the same network: %v, want ErrBusy", err)
	}
	if _, err := h.slots.enter(t.Context(), signIn, Owner{Tenant: "one more", Network: "198.51.100.0/24"}); err != nil {
		t.Errorf("another network: %v", err)
	}
}

func TestHasher_waitsOnlySoLong(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 1, Wait: time.Millisecond})
	leave, err := h.slots.enter(t.Context(), signIn, someone) // somebody is hashing
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Verify(t.Context(), someone, "correct horse battery", ""); !errors.Is(err, ErrBusy) || !errors.Is(err, fair.ErrLate) {
		t.Errorf("Verify() without a free slot = %v, want ErrBusy", err)
	}
	if _, _, err = h.Verify(left(t), someone, "correct horse battery", ""); !errors.Is(err, ErrBusy) {
		t.Errorf("Verify() of a client that left = %v, want ErrBusy", err)
	}
	leave()
	if n := h.slots.networks.len(); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	if _, _, err := h.Verify(t.Context(), someone, "correct horse battery", ""); err != nil {
		t.Errorf("Verify() with a free slot again = %v", err)
	}
}

func TestHasher_givesEverySlotBack(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 2})
	stored, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for _, encoded := range []string{"", "broken", string(stored), "$2y$31$abc"} {
				if _, _, err := h.Verify(t.Context(), someone, "correct horse", encoded); err != nil {
					t.Errorf("Verify(%q) = %v", encoded, err)
				}
			}
		})
	}
	group.Wait()
	if n := h.slots.networks.len(); n != 0 {
		t.Errorf("%d slots are still taken", n)
	}
}

// Hashes wait for memory besides a slot, those of other systems too.
func TestHasher_keepsToItsMemory(t *testing.T) {
	t.Parallel()
	const dear = "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA" // 1 MiB
	for name, encoded := range map[string]string{
		"a hash of ours": "", "scrypt": dear,
		"argon2i":  "$argon2i$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"argon2id": "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
	} {
		h := New(Options{Cost: Cost{Memory: 1 << 10, Time: 1}, Slots: 4, Memory: 2 << 10})
		verify := func(ctx context.Context) error {
			_, _, err := h.Verify(ctx, someone, "correct horse", encoded)
			return err
		}
		done, err := h.enter(t.Context(), signIn, someone, 1<<10) // one runs
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(t.Context()); err != nil {
			t.Errorf("%s: the second one: %v", name, err)
		}
		second, err := h.enter(t.Context(), signIn, someone, 1)
		if err != nil {
			t.Fatal(err)
		}
		verified := make(chan error, 1)
		go func() { verified <- verify(t.Context()) }()
		for h.memory.TryAcquire(0) { // as long as nobody waits
			if len(verified) > 0 {
				t.Errorf("%s, with too little memory left: it does not wait", name)
				break
			}
			runtime.Gosched()
		}
		second()
		if err := <-verified; err != nil {
			t.Errorf("%s, with memory again: %v", name, err)
		}
		if _, err := h.enter(left(t), signIn, someone, 1<<10); !errors.Is(err, ErrBusy) {
			t.Errorf("%s, of a client that left: %v, want ErrBusy", name, err)
		}
		done()
		if n := h.slots.networks.len(); n != 0 {
			t.Errorf("%s: %d slots are still taken", name, n)
		}
	}
	h := New(Options{Cost: quick, Memory: 64})
	if _, _, err := h.Verify(t.Context(), someone, "correct horse", dear); err != nil {
		t.Errorf("one that wants more than all memory: %v, want that it runs alone", err)
	}
}

func TestHasher_worksWithoutAPepper(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick})
	encoded, err := h.Hash(t.Context(), someone, "correct horse battery", Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := h.Verify(t.Context(), someone, "correct horse battery", encoded); !ok || rehash || err != nil {
		t.Errorf("Verify() = %v, rehash %v, %v; want true, false", ok, rehash, err)
	}
	if ok, rehash, err := hasher().Verify(t.Context(), someone, "correct horse battery", encoded); !ok || !rehash || err != nil {
		t.Errorf("Verify() once there is a pepper = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
}

// The reference implementation's own test vector: argon2 0.3, "password", "somesalt".
func TestVerify_readsHashesFromElsewhere(t *testing.T) {
	t.Parallel()
	const vector = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, rehash, err := hasher().Verify(t.Context(), someone, "password", vector); !ok || !rehash || err != nil {
		t.Errorf("Verify() = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
	if ok, _, _ := hasher().Verify(t.Context(), someone, "passwore", vector); ok {
		t.Error("another password matches")
	}
}

func TestVerify_keepsHashesThatAreDearer(t *testing.T) {
	t.Parallel()
	encoded, err := New(Options{Cost: Cost{Memory: 128, Time: 2}}).Hash(t.Context(), someone, "correct horse battery", Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := New(Options{Cost: quick}).Verify(t.Context(), someone, "correct horse battery", encoded); !ok || rehash || err != nil {
		t.Errorf("Verify() = %v, rehash %v, %v; want true, false", ok, rehash, err)
	}
}

func TestNew_refusesAPepperIDThatCannotBeStored(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New() takes a pepper id with a $")
		}
	}()
	New(Options{Pepper: Pepper{ID: "a$b"}})
}

func TestCheckRules_refusesWhatAttackersTryFirst(t *testing.T) {
	t.Parallel()
	words := []string{"Acme", "alice", "xy"}
	for password, want := range map[string]error{
		"acme2026!": ErrCommon, "!!Alice1990": ErrCommon, "p4ssw0rd99": ErrCommon, "P@$$w0rd": ErrCommon, "1234567890": ErrCommon,
		"98765432": ErrCommon, "abcdefghijkl": ErrCommon, "ääääääää": ErrCommon, "plinto123!": ErrCommon, "welcome2026": ErrCommon,
		"alice in chains": nil, "xy123456": nil, "acme rocket skates": nil, "correct horse battery staple": nil, "日本語のパスワード": nil, "24681012141618": nil,
	} {
		if err := (Rules{About: words}).Check(t.Context(), password); !errors.Is(err, want) {
			t.Errorf("Check(%q) = %v, want %v", password, err, want)
		}
	}
}

func TestCalibrate_staysBetweenFloorAndBudget(t *testing.T) {
	t.Parallel()
	for _, budget := range []uint32{0, Floor.Memory, 2 * Floor.Memory, 1 << 30} {
		c := Calibrate(budget)
		if c.Memory < Floor.Memory || c.Memory > max(budget, Floor.Memory) || c.Memory > maxSteps*Floor.Memory || c.Time != Floor.Time {
			t.Errorf("Calibrate(%d) = %+v", budget, c)
		}
	}
}

func FuzzCheckRules(f *testing.F) {
	f.Add("correct horse battery", "acme")
	f.Fuzz(func(t *testing.T, password, word string) {
		clean, err := Normalize(password)
		if err != nil {
			return
		}
		if again, err := Normalize(clean); err != nil || again != clean {
			t.Errorf("Normalize(%q) = %q, and again %q, %v", password, clean, again, err)
		}
		_ = Rules{About: []string{word}}.Check(t.Context(), clean) // must not panic
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1,keyid=k1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := decode(s)
		if err != nil {
			return
		}
		if !d.sane() {
			t.Errorf("decode(%q) let %+v through", s, d)
		}
		if again, err := decode(d.encode()); err != nil || again.encode() != d.encode() {
			t.Errorf("decode(%q) does not survive encode: %v", s, err)
		}
	})
}

// PWD-21: characters are counted, not bytes, of what is left when the password is normalized.
func TestRules_countCharacters(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]error{
		"fourteen chars": ErrShort, "fifteen letters": nil, "日本語のパスワードは長いほど良": nil, "日本語のパスワードは長いほど": ErrShort,
		"e\u0301te\u0301 a\u0300 la me": ErrShort, "e\u0301te\u0301 a\u0300 la mer!!!": nil, // 11 and 15 of what is 14 and 18 as typed
	} {
		clean, err := Normalize(password)
		if err != nil {
			t.Fatalf("Normalize(%q): %v", password, err)
		}
		err = Rules{MinLength: 15}.Check(t.Context(), clean)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", password, err, want)
		}
		if f, _ := fault.As(err); f != nil && !strings.Contains(f.Message, "15 characters") {
			t.Errorf("%q: %q does not say how many characters", password, f.Message)
		}
	}
	if err := (Rules{MinLength: 4}).Check(t.Context(), "k7qz w"); !errors.Is(err, ErrShort) {
		t.Errorf("shorter than any rule allows: %v", err)
	}
}

func TestRules_refuseWhatLeaked(t *testing.T) {
	t.Parallel()
	asked := 0
	rules := Rules{Breached: func(_ context.Context, clean string) bool { asked++; return clean == "leaked long ago" }}
	if err := rules.Check(t.Context(), "leaked long ago"); !errors.Is(err, ErrBreached) {
		t.Errorf("a leaked password: %v", err)
	}
	if err := rules.Check(t.Context(), "another one of hers"); err != nil {
		t.Errorf("another one: %v", err)
	}
	if err := rules.Check(t.Context(), "password1"); !errors.Is(err, ErrCommon) || asked != 2 {
		t.Errorf("a common one: %v, asked %d times about others", err, asked)
	}
}

// PWD-23: hashes of other systems are of what was typed there, which need not be normalized.
func TestVerify_comparesWhatWasTypedToo(t *testing.T) {
	t.Parallel()
	const apart, composed = "cafe\u0301 au\u00a0lait", "caf\u00e9 au lait"
	imported := func(password string) string {
		stored, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		return string(stored)
	}
	own, err := hasher().Hash(t.Context(), someone, apart, Rules{})
	if err != nil {
		t.Fatal(err)
	}
	const tab = "tab\tin the middle"
	for name, tt := range map[string]struct {
		typed, encoded string
		ok             bool
		hashes         int
	}{
		"ours, as it was set":               {apart, own, true, 2},
		"ours, composed":                    {composed, own, true, 1},
		"ours, another":                     {apart + "!", own, false, 2},
		"imported apart, typed apart":       {apart, imported(apart), true, 2},
		"imported composed, typed apart":    {apart, imported(composed), true, 2},
		"imported composed, typed composed": {composed, imported(composed), true, 1},
		"imported apart, another":           {apart + "!", imported(apart), false, 2},
		"imported with a tab":               {tab, imported(tab), false, 1},
		"nobody, apart":                     {apart, "", false, 2},
		"nobody, composed":                  {composed, "", false, 1},
		"far too long":                      {strings.Repeat("e\u0301", 300), imported(apart), false, 1},
	} {
		h := New(Options{Cost: quick, Slots: 4, Pepper: Pepper{ID: "k1", Key: [32]byte{1}}})
		ok, _, err := h.Verify(t.Context(), someone, tt.typed, tt.encoded)
		if ok != tt.ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
		if n := Comparisons(tt.typed); n != tt.hashes {
			t.Errorf("%s: %d hashes are compared, want %d", name, n, tt.hashes)
		}
	}
}
