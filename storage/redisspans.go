package storage

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"plinto/internal/tracing"
)

// redisSpans is a hook of the client that makes a span of each round trip to Redis, with the names of its commands
// and no key or value.
type redisSpans struct{}

// DialHook implements redis.Hook.
func (redisSpans) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

// ProcessHook implements redis.Hook.
func (redisSpans) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		ctx, span := tracing.Start(ctx, "redis", tracing.Client)
		err := next(ctx, c)
		tellRedis(span, err, c)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (redisSpans) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, all []redis.Cmder) error {
		ctx, span := tracing.Start(ctx, "redis", tracing.Client)
		err := next(ctx, all)
		tellRedis(span, err, all...)
		return err
	}
}

var redisSystem = tracing.String("db.system.name", "redis")

// tellRedis says what was sent and ends the span.
func tellRedis(span tracing.Span, err error, all ...redis.Cmder) {
	if !span.Recording() {
		return
	}
	name := "PIPELINE"
	if len(all) == 1 {
		name = strings.ToUpper(all[0].Name())
	} else {
		span.Set(tracing.Int("db.operation.batch.size", len(all)))
	}
	span.Rename(name)
	span.Set(redisSystem, tracing.String("db.operation.name", name))
	switch {
	case err == nil, answered(err):
	case errors.Is(err, context.DeadlineExceeded):
		span.Fail("timeout")
	default:
		span.Fail("unavailable")
	}
	span.End()
}
