package provider

import (
	"context"
	"errors"
	"time"

	"plinto/federation"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/fault"
)

// The limits of answers that were no good. Good ones are not counted, nor what is not an attempt: who cancels at the provider, or meets one
// that is down, keeps nobody out.
var (
	// limitAddress is by network: each may have cost a request to a provider. limitBrowser is the same for a browser in which
	// somebody signed in before, which is not stopped by what others do in its network.
	limitAddress = identity.Limit{Name: "federation-address", Count: 60, Period: time.Hour, Burst: 30}
	limitBrowser = identity.Limit{Name: "federation-browser", Count: 60, Period: time.Hour, Burst: 30}
	// limitTold is of all others, by network. It refuses nobody: beyond it the audit log is not told any more.
	limitTold = identity.Limit{Name: "federation-told", Count: 600, Period: time.Hour, Burst: 300}
)

var errThrottled = fault.New(fault.TooMany, "federation_throttled", "Too many attempts. Try again later.")

// limit has the bad answers of a browser counted, and bounds how often a provider is asked for them. Whether an answer is to a round
// of this browser is cheap to say, and said first: one that is not is never asked about, so it counts for nobody.
func (h *Handler) limit(answer *federation.Answer, address string, d *device.Token) {
	buckets := limitAddress.Networks(address, "")
	if d.KnowsAnybody() {
		buckets = []identity.Bucket{limitBrowser.Of(identity.DeviceKey(d.Hash()))}
	}
	answer.Admit = func(ctx context.Context) error {
		if wait := h.Limiter.Wait(ctx, buckets...); wait > 0 {
			return errThrottled.After(wait)
		}
		return nil
	}
	answer.Count = func(ctx context.Context, why error) (tell bool) {
		ctx = context.WithoutCancel(ctx)
		switch {
		case errors.Is(why, errThrottled):
			return false
		case errors.Is(why, federation.ErrAnswer):
			_ = h.Limiter.Verdict(ctx, false, buckets...)
			return true
		}
		return h.Limiter.Verdict(ctx, false, limitTold.Networks(address, "")...) == 0
	}
}
