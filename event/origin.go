package event

import "context"

type originKey struct{}

// Origin says where a request came from.
type Origin struct {
	IP, UserAgent, RequestID string
}

type actorKey struct{}

// WithActor notes who acts in ctx, for events of repositories that cannot know.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor noted in ctx, or else fallback.
func ActorFrom(ctx context.Context, fallback Actor) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return fallback
}

// WithOrigin notes the origin of the request in ctx, for every event of it. It is
// asked when it is needed: most requests cause no event.
func WithOrigin(ctx context.Context, origin func() Origin) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// OriginFrom returns the origin noted in ctx, or the zero Origin.
func OriginFrom(ctx context.Context) Origin {
	ask, ok := ctx.Value(originKey{}).(func() Origin)
	if !ok {
		return Origin{}
	}
	o := ask()
	if len(o.UserAgent) > 256 {
		o.UserAgent = o.UserAgent[:256]
	}
	return o
}
