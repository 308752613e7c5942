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

// hashing is what password hashes cost as the server made the last of them, where as many run at
// once as there are processors and nothing else runs: the CPU of one, and how many a second.
func (w *world) hashing(ctx context.Context) (each time.Duration, perSecond float64, err error) {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var encoded string
	if err := conn.QueryRow(ctx, `SELECT password_hash FROM users ORDER BY updated_at DESC LIMIT 1`).Scan(&encoded); err != nil {
		return 0, 0, err
	}
	cost := argonCost.FindStringSubmatch(encoded)
	if cost == nil {
		return 0, 0, errors.New("not argon2id")
	}
	var n [3]uint64
	for i := range n {
		n[i], _ = strconv.ParseUint(cost[i+1], 10, 32)
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
