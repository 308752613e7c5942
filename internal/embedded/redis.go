package embedded

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// StartRedis starts a Redis inside this process, on a free loopback port, and
// returns its URL with a password of this run and what stops it.
func StartRedis() (url string, stop func(), err error) {
	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password) // every user of this machine can connect
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return "", nil, fmt.Errorf("start redis: %w", err)
	}
	done := make(chan struct{})
	go age(server, done)
	stop = sync.OnceFunc(func() {
		close(done)
		server.Close()
	})
	return "redis://:" + password + "@" + server.Addr() + "/0", stop, nil
}

// age lets keys expire: by itself the server's time stands still.
func age(server *miniredis.Miniredis, done <-chan struct{}) {
	const step = 100 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case now := <-tick.C:
			server.FastForward(now.Sub(last))
			last = now
		case <-done:
			return
		}
	}
}
