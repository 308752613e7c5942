package main

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"plinto/internal/argon2"
)

// stores is the CPU time of Postgres and Redis, and of a pooler.
func (w *world) stores() time.Duration {
	total := w.postgres.tree() + w.redis.cpu()
	if w.pooler != 0 {
		total += w.pooler.cpu()
	}
	return total
}

// redisServer is the process of Redis, by its own word, or none.
func redisServer(ctx context.Context, address string) process {
	options, err := redis.ParseURL(address)
	if err != nil {
		return 0
	}
	c := redis.NewClient(options)
	defer func() { _ = c.Close() }()
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return 0
	}
	for line := range strings.Lines(info) {
		if id, found := strings.CutPrefix(line, "process_id:"); found {
			pid, _ := strconv.Atoi(strings.TrimSpace(id))
			return process(pid)
		}
	}
	return 0
}

var argonCost = regexp.MustCompile(`argon2id.*m=(\d+),t=(\d+),p=(\d+)`)

// hashing measures the dearest of the stored password hashes, where as many run at once as there are processors and
// nothing else runs: the CPU of one, and how many a second. Every sign-in computes such a hash: the server replaces
// cheaper ones, which the seed made, at the first sign-in of a user.
func (w *world) hashing(ctx context.Context) (each time.Duration, perSecond float64, err error) {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var stored []string
	if err := conn.QueryRow(ctx, `SELECT coalesce(array_agg(DISTINCT substring(password_hash FROM '^\$argon2id\$[^$]*\$[^$]*')), '{}') FROM users`).Scan(&stored); err != nil {
		return 0, 0, err
	}
	var n [3]uint64
	for _, encoded := range stored {
		cost := argonCost.FindStringSubmatch(encoded)
		if cost == nil {
			return 0, 0, errors.New("not argon2id")
		}
		var of [3]uint64
		for i := range of {
			of[i], _ = strconv.ParseUint(cost[i+1], 10, 32)
		}
		if of[0]*of[1] > n[0]*n[1] {
			n = of
		}
	}
	if n[0] == 0 {
		return 0, 0, errors.New("no password is stored")
	}
	const times = 40
	slots := runtime.GOMAXPROCS(0)
	began, before := time.Now(), ownCPU()
	var all sync.WaitGroup
	for range slots {
		all.Go(func() {
			var in argon2.Memory
			defer in.Free()
			for range times {
				in.IDKey([]byte(userPassword), make([]byte, 16), uint32(n[1]), uint32(n[0]), uint8(n[2]), 32)
			}
		})
	}
	all.Wait()
	hashes := times * slots
	return (ownCPU() - before) / time.Duration(hashes), float64(hashes) / time.Since(began).Seconds(), nil
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
