package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/freshness"
	"plinto/tenant"
)

const (
	// probeEvery is how often the primary and its replicas are asked how far they are.
	probeEvery = time.Second
	// probeWait is for the answer of one of them.
	probeWait = time.Second
)

// Replicas are copies of the database that follow its primary. They answer what is read to be shown
// (freshness.Display) and nothing else. One that is too far behind, or does not answer, is not asked
// until a probe finds it well again; where none is left, the primary answers.
type Replicas struct {
	all     []*replica
	primary *System
	limit   time.Duration
	log     *slog.Logger
	turn    atomic.Uint64

	probing sync.Mutex
	samples []sample // of the primary, oldest first
}

// A sample is how far the primary was: everything that had been committed at that time.
type sample struct {
	at  time.Time
	lsn uint64
}

// A replica is one of them. What is known of it is written by probes and read by requests.
type replica struct {
	name     string // host and port
	db       *DB
	replayed atomic.Uint64
	fresh    atomic.Int64 // everything that was committed before is there, in nanoseconds since 1970; 0: it is out
	why      atomic.Pointer[string]
	answered atomic.Uint64 // reads
	failed   atomic.Uint64 // reads that the primary had to answer
	refused  atomic.Uint64 // of those, statements that were writes
}

// ReplicaState is what is known of a replica.
type ReplicaState struct {
	Name              string
	Lag               time.Duration // how long ago everything that it has was committed
	Out               string        // why it is not asked; "": it is
	Answered, Failed  uint64        // reads, and those that the primary answered instead
	Refused, Position uint64        // of the failed, those that were writes; how far it is
}

// OpenReplicas prepares the pools of replicas; they are asked after the first Probe that finds them well.
// limit is how far they may be behind.
func OpenReplicas(ctx context.Context, o Options, urls []string, limit time.Duration, primary *System, log *slog.Logger) (*Replicas, error) {
	r := &Replicas{primary: primary, limit: limit, log: log}
	for _, url := range urls {
		pool, err := openPool(ctx, Options{URL: url, MaxConns: o.MaxConns, Tracer: o.Tracer, Spans: o.Spans}, AppRole)
		if err != nil {
			r.Close()
			return nil, err
		}
		at := pool.Config().ConnConfig
		one := &replica{name: fmt.Sprintf("%s:%d", at.Host, at.Port), db: NewDB(pool)}
		one.out("it was not asked yet")
		r.all = append(r.all, one)
	}
	return r, nil
}

// Close closes every connection.
func (r *Replicas) Close() {
	for _, one := range r.all {
		one.db.Close()
	}
}

// ReadFrom has db ask replicas for what may be a little old.
func (db *DB) ReadFrom(r *Replicas) { db.replicas = r }

func (one *replica) out(why string) {
	one.why.Store(&why)
	one.fresh.Store(0)
}

// Run probes until ctx ends.
func (r *Replicas) Run(ctx context.Context) {
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		r.Probe(ctx)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

const (
	// A standby's control file may tell of an older timeline than the one it replays until its next
	// restart point; then it is taken for one of another history, and not asked.
	wherePrimary = `SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint, (SELECT system_identifier FROM pg_control_system()),
		(SELECT timeline_id FROM pg_control_checkpoint())`
	whereReplica = `SELECT pg_is_in_recovery(), coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0), (SELECT system_identifier FROM pg_control_system()),
		(SELECT greatest(timeline_id, min_recovery_end_timeline) FROM pg_control_checkpoint(), pg_control_recovery())`
)

// A history is a life of a cluster up to a promotion; positions of two cannot be compared.
type history struct {
	cluster  int64
	timeline int32
}

// Probe asks the primary and then each replica how far it is.
func (r *Replicas) Probe(ctx context.Context) {
	r.probing.Lock()
	defer r.probing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 2*probeWait)
	defer cancel()
	var now sample
	var of history
	asked := time.Now()
	err := r.primary.pool.QueryRow(ctx, wherePrimary).Scan(&now.lsn, &of.cluster, &of.timeline)
	if err != nil {
		return // what is known grows old by itself
	}
	now.at = asked
	r.samples = append(slices.DeleteFunc(r.samples, func(s sample) bool { return asked.Sub(s.at) > 2*r.limit || s.lsn > now.lsn }), now)
	var all sync.WaitGroup
	for _, one := range r.all {
		all.Go(func() { r.probe(ctx, one, of) })
	}
	all.Wait()
}

func (r *Replicas) probe(ctx context.Context, one *replica, of history) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	var standby bool
	var replayed uint64
	var is history
	err := one.db.shared.QueryRow(ctx, whereReplica).Scan(&standby, &replayed, &is.cluster, &is.timeline)
	switch {
	case err != nil:
		r.eject(ctx, one, "it cannot be asked: "+err.Error())
	case !standby:
		r.eject(ctx, one, "it is no replica: it takes writes")
	case is.cluster != of.cluster:
		r.eject(ctx, one, "it follows another primary")
	case is.timeline != of.timeline:
		r.eject(ctx, one, fmt.Sprintf("it is on timeline %d, the primary on %d", is.timeline, of.timeline))
	default:
		one.replayed.Store(replayed)
		r.judge(ctx, one, replayed)
	}
}

// judge takes a replica back, or out, by the newest sample that it has reached.
func (r *Replicas) judge(ctx context.Context, one *replica, replayed uint64) {
	for _, s := range slices.Backward(r.samples) {
		if s.lsn > replayed {
			continue
		}
		if time.Since(s.at) <= r.limit {
			if one.fresh.Swap(s.at.UnixNano()) == 0 {
				r.log.InfoContext(ctx, "replica is asked", "replica", one.name)
			}
			return
		}
		break
	}
	r.eject(ctx, one, fmt.Sprintf("it is more than %v behind", r.limit))
}

// eject has a replica not asked until a probe finds it well.
func (r *Replicas) eject(ctx context.Context, one *replica, why string) {
	if one.fresh.Load() != 0 {
		r.log.WarnContext(ctx, "replica is not asked for now", "replica", one.name, "reason", why)
	}
	one.out(why)
}

// usable reports whether a replica has everything up to a position, and is not too far behind.
func (r *Replicas) usable(one *replica, after freshness.Position, now time.Time) bool {
	fresh := one.fresh.Load()
	return fresh != 0 && now.UnixNano()-fresh <= int64(r.limit) && one.replayed.Load() >= uint64(after)
}

// pick returns the one with the fewest connections in use of those that are usable, or nil.
func (r *Replicas) pick(after freshness.Position) *replica {
	now, start := time.Now(), r.turn.Add(1)
	var best *replica
	var load int32
	for i := range r.all {
		one := r.all[(start+uint64(i))%uint64(len(r.all))]
		if !r.usable(one, after, now) {
			continue
		}
		if used := one.db.shared.Stat().AcquiredConns(); best == nil || used < load {
			best, load = one, used
		}
	}
	return best
}

// read has a replica answer a statement, and reports whether one did. Whatever keeps it from that,
// the primary is asked.
func (r *Replicas) read(ctx context.Context, after freshness.Position, t *tenant.Tenant, s statement) (answered bool, err error) {
	one := r.pick(after)
	if one == nil {
		return false, nil
	}
	err = one.db.alone(ctx, t, s)
	if err == nil || ctx.Err() != nil {
		one.answered.Add(1)
		return true, err
	}
	var said *pgconn.PgError
	switch {
	case errors.As(err, &said) && said.Code == "25006":
		one.refused.Add(1)
		r.log.ErrorContext(ctx, "a write was sent to a replica: this is a bug", "error", err)
	case errors.As(err, &said) && (said.Code == "40001" || said.Code == "57014"): // its replay is in the way, or it is busy
	case errors.Is(err, errBusy):
	case isMoved(err): // to where the replica is asked, and it has not come to that yet
	case Away(err):
		r.eject(ctx, one, "it failed: "+err.Error())
	case errors.As(err, &said) && said.Code != "42P01" && said.Code != "42703" && said.Code != "42883":
		one.answered.Add(1)
		return true, err // of the statement itself
	}
	one.failed.Add(1)
	return false, nil
}

// States returns what is known of each replica.
func (r *Replicas) States() []ReplicaState {
	states := make([]ReplicaState, len(r.all))
	for i, one := range r.all {
		fresh := one.fresh.Load()
		states[i] = ReplicaState{
			Name: one.name, Answered: one.answered.Load(), Failed: one.failed.Load(), Refused: one.refused.Load(), Position: one.replayed.Load(),
		}
		switch lag := time.Since(time.Unix(0, fresh)); {
		case fresh == 0:
			states[i].Out = *one.why.Load()
		case lag > r.limit:
			states[i].Lag, states[i].Out = lag, fmt.Sprintf("it is more than %v behind", r.limit)
		default:
			states[i].Lag = lag
		}
	}
	slices.SortFunc(states, func(a, b ReplicaState) int { return cmp.Compare(a.Name, b.Name) })
	return states
}

// Written returns a position after everything that has been committed.
func (s *System) Written(ctx context.Context) (freshness.Position, error) {
	n, err := SystemOne(ctx, s, pgx.RowTo[uint64], `SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint`)
	return freshness.Position(n), err
}
