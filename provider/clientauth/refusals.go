package clientauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/gcra"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// A refusalLog limits the log lines about refused clients: per client, and per tenant for
// unknown ones. Without a limit an attacker could hide in a flood of lines.
type refusalLog struct {
	limiter *gcra.Limiter
	leftOut *atomic.Int64 // lines, since the last that was written
}

var refusalLines = gcra.Limit{Rate: 30, Period: time.Minute, Burst: 30}

func newRefusalLog() refusalLog {
	return refusalLog{limiter: gcra.New(1 << 12), leftOut: new(atomic.Int64)}
}

// logRefusal logs for operators why a client was refused; the response does not say. c is
// the client that was meant, presented the method it used. It logs no secret.
func (a *Authenticator) logRefusal(ctx context.Context, c *provider.Client, presented string, err error) {
	var o *web.OAuthError
	if !errors.As(err, &o) && fault.KindOf(err) != fault.TooMany {
		return // ours, or the store's: not a refusal
	}
	reason := ""
	if f, ok := fault.As(err); ok {
		reason = f.Code
	}
	trail := web.TrailOf(ctx)
	trail.ClientID, trail.Known, trail.Method, trail.Detail = loggable(c), c.ID != uuid.Nil, presented, reason
	t := tenant.Must(ctx)
	whose, registered := t.ID.String(), ""
	if c.ID != uuid.Nil {
		whose, registered = whose+" "+c.ClientID, method(c)
	}
	if a.refusals.limiter.Take(time.Now(), 1, gcra.Bucket{Key: whose, Limit: refusalLines}) > 0 {
		a.refusals.leftOut.Add(1)
		return
	}
	slog.LogAttrs(ctx, slog.LevelInfo, "client authentication refused",
		slog.String("tenant", t.Slug), slog.String("client_id", loggable(c)),
		slog.String("reason", reason), slog.String("presented", presented), slog.String("registered", registered),
		slog.String("route", web.RouteOf(ctx)), slog.Int64("left_out", a.refusals.leftOut.Swap(0)))
}

// maxStart is how much is logged of a client_id that is unknown, in bytes.
const maxStart = 6

// loggable is a client_id as it may be logged: printable ASCII. What is no client's
// could be a secret, sent in the place of the id: of what is as long as one only the
// start is logged.
func loggable(c *provider.Client) string {
	id := c.ClientID
	switch {
	case c.ID != uuid.Nil || id == "":
		return id
	case !wellFormedID(id):
		return "(malformed)"
	case len(id) >= provider.MinClientSecret:
		return fmt.Sprintf("%s… (%d characters)", id[:maxStart], len(id))
	}
	return id
}
