package password

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plinto/internal/argon2"
)

// As many hashes run at once as there are slots: each of these waits for all the others.
func TestHasher_usesEverySlotAtOnce(t *testing.T) {
	t.Parallel()
	const slots = 5
	h := New(Options{Cost: quick, Slots: slots, Wait: time.Minute})
	var together, all sync.WaitGroup
	together.Add(slots)
	for range slots {
		all.Go(func() {
			done, err := h.enter(t.Context(), signIn, someone, quick.Memory)
			if err != nil {
				t.Error(err)
				together.Done()
				return
			}
			defer done()
			h.workers.do(func(*argon2.Memory) { together.Done(); together.Wait() })
		})
	}
	all.Wait()
	if n := len(h.workers.idle); n != slots {
		t.Errorf("%d workers were made, want %d", n, slots)
	}
	for range 3 * slots {
		if _, _, err := h.Verify(t.Context(), someone, "correct horse", ""); err != nil {
			t.Error(err)
		}
	}
	if n := len(h.workers.idle); n != slots {
		t.Errorf("%d workers after hashes one after the other, want the same %d", n, slots)
	}
}

// With several slots a tenant whose queue is long has no more of them than one with a short one.
func TestHasher_sharesSeveralSlotsAmongTenants(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const slots = 3
		h := New(Options{Cost: quick, Slots: slots, Wait: time.Minute})
		var held []func()
		for range slots {
			done, err := h.slots.enter(t.Context(), setting, Owner{Tenant: "another"})
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, done)
		}
		served := make(chan string, 20)
		wait := func(tenant string) {
			go func() {
				done, err := h.slots.enter(t.Context(), signIn, Owner{Tenant: tenant, Network: tenant})
				if err != nil {
					t.Error(err)
					return
				}
				served <- tenant
				time.Sleep(time.Second) // on the clock of the test
				done()
			}()
			synctest.Wait()
		}
		for range 10 {
			wait("attacked")
		}
		for range 3 {
			wait("calm")
		}
		for _, done := range held {
			done()
		}
		synctest.Wait()
		time.Sleep(1500 * time.Millisecond) // two turns of three slots
		seen := map[string]int{}
		for range 2 * slots {
			seen[<-served]++
		}
		if len(served) != 0 || seen["calm"] != 3 {
			t.Errorf("the first turns went to %v, and %d more, want three of each", seen, len(served))
		}
		time.Sleep(time.Minute)
	})
}

func TestWorkers_endWhenThereIsNothingToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ws := workers{keep: quick.Memory}
		ws.do(func(in *argon2.Memory) { in.IDKey(nil, nil, 1, 64, 1, 32) })
		time.Sleep(idleFor - time.Nanosecond) // on the clock of the test
		if len(ws.idle) != 1 {
			t.Errorf("%d workers wait, want 1", len(ws.idle))
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if len(ws.idle) != 0 {
			t.Errorf("%d workers are left", len(ws.idle))
		}
		ran := false
		ws.do(func(*argon2.Memory) { ran = true })
		if !ran {
			t.Error("nobody works any more")
		}
		time.Sleep(idleFor)
	})
}

func TestWorkers_panicInTheirCaller(t *testing.T) {
	t.Parallel()
	var ws workers
	defer func() {
		if got := recover(); got != "a hash" {
			t.Errorf("panicked with %v", got)
		}
		ws.do(func(*argon2.Memory) {})
		if len(ws.idle) != 1 {
			t.Errorf("%d workers, want the same one", len(ws.idle))
		}
	}()
	ws.do(func(*argon2.Memory) { panic("a hash") })
}

func TestSlots_areWhatTheMachineGetsMostOutOf(t *testing.T) {
	t.Parallel()
	// Hashes a second of a machine that has so many units, however many run at once.
	units := func(n float64) func(int) float64 { return func(slots int) float64 { return min(float64(slots), n) } }
	late := func() bool { return false }
	for _, c := range []struct {
		name string
		most int
		rate func(int) float64
		goOn func() bool
		want int
	}{
		{"every processor counts", 8, units(8), nil, 8},
		{"processors share units", 8, units(4), nil, 4},
		{"the memory is slow", 16, units(2.5), nil, 4},
		{"one", 1, units(1), nil, 1},
		{"none fits", 0, units(1), nil, 1},
		{"no time", 8, units(4), late, 8},
	} {
		if c.goOn == nil {
			c.goOn = func() bool { return true }
		}
		if got := slotsBy(c.most, c.rate, c.goOn); got != c.want {
			t.Errorf("%s: %d slots, want %d", c.name, got, c.want)
		}
	}
	first := true
	if got := slotsBy(2, func(n int) float64 {
		if n == 2 && first {
			first = false
			return 0.5 // something else ran just then
		}
		return float64(n)
	}, func() bool { return true }); got != 2 {
		t.Errorf("disturbed once: %d slots, want 2", got)
	}
	if got := Slots(2); got < 1 || got > 2 {
		t.Errorf("Slots(2) = %d", got)
	}
}
