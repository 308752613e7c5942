package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"plinto/storage"
)

// awaitStep is how long to wait before the database is looked at again.
const awaitStep = time.Second

// awaitSchema waits until the database is one that a server of this version starts on, as the server's
// role. Each reason why it is not yet is told once.
func (c *cli) awaitSchema(ctx context.Context, limit time.Duration, format *output) error {
	cfg, err := LoadConfig(c.environ, c.dir, "PLINTO_PUBLIC_URL", "PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY")
	c.warn(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	again := time.NewTicker(awaitStep)
	defer again.Stop()
	for told := ""; ; {
		err := fits(ctx, cfg)
		if err == nil {
			done := migration{UpToDate: true}
			return format.write(c.out, done, func(w io.Writer) { done.lacks(w) })
		}
		if now := explainFault(err); now != told && ctx.Err() == nil {
			told = now
			c.fails(err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("waited %v for the database", limit)
			}
			return ctx.Err()
		}
	}
}

// fits returns why a server would not start on the database of a configuration.
func fits(ctx context.Context, cfg *Config) error {
	store, err := openStore(ctx, cfg, storage.Config{MaxConns: 2, Looks: true})
	if err != nil {
		return err
	}
	store.Close()
	return nil
}
