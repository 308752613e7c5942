package password

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"plinto/internal/argon2"
)

// idleFor is how long a worker waits for its next hash before its thread and memory go.
const idleFor = 10 * time.Second

// workers compute hashes, each on a thread of its own that the kernel lets the others of the
// machine go before: a request that needs a millisecond does not wait for hashes that need fifty.
// How many work at once is for the queue to say.
type workers struct {
	keep uint32 // KiB that a worker keeps from one hash to the next

	mu   sync.Mutex
	idle []*worker // the last to work comes last, and works next
}

// A worker is one thread and what it computes in.
type worker struct {
	jobs   chan job
	memory argon2.Memory
}

type job struct {
	do   func(*argon2.Memory)
	done chan any // what do panicked with, or nil
}

// do has a worker do it, and returns when it has. It panics as do does.
func (ws *workers) do(do func(*argon2.Memory)) {
	j := job{do: do, done: make(chan any, 1)}
	ws.next().jobs <- j
	if panicked := <-j.done; panicked != nil {
		panic(panicked)
	}
}

// next returns a worker that has nothing to do and waits for its next job.
func (ws *workers) next() *worker {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if last := len(ws.idle) - 1; last >= 0 {
		w := ws.idle[last]
		ws.idle = ws.idle[:last]
		return w
	}
	w := &worker{jobs: make(chan job)}
	go ws.work(w)
	return w
}

// work does jobs until there is none for some time. The thread ends with it: its priority
// cannot be raised again without a privilege, so no other goroutine may have it.
func (ws *workers) work(w *worker) {
	runtime.LockOSThread()
	yieldToOthers()
	defer w.memory.Free()
	wait := time.NewTimer(idleFor)
	defer wait.Stop()
	for {
		select {
		case j := <-w.jobs:
			panicked := w.do(j)
			w.memory.Keep(ws.keep)
			ws.rest(w)
			j.done <- panicked
			wait.Reset(idleFor)
		case <-wait.C:
			if ws.retire(w) {
				return
			}
			wait.Reset(idleFor) // a job is on its way
		}
	}
}

func (w *worker) do(j job) (panicked any) {
	defer func() { panicked = recover() }()
	j.do(&w.memory)
	return nil
}

func (ws *workers) rest(w *worker) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.idle = append(ws.idle, w)
}

// retire reports whether the worker gets no job any more.
func (ws *workers) retire(w *worker) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	i := slices.Index(ws.idle, w)
	if i < 0 {
		return false
	}
	ws.idle = slices.Delete(ws.idle, i, i+1)
	return true
}
