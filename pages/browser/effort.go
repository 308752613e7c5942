package browser

import (
	"context"
	"errors"
	"math"
	"net/http"

	"plinto/identity"
	"plinto/ui"
)

// Effort is what the form that was posted shows of work or waiting. A challenge is for the flow, which only this
// browser has.
func (v *Visit) Effort() identity.Effort {
	return identity.Effort{Browser: v.Flow.CSRF, Challenge: v.Form.Get("effort"), Work: v.Form.Get("work")}
}

// EffortOf returns what a page shows of an error that demands an effort, which it notes in the trail of the
// request; the zero value for any other error. Status and Retry-After are those of Wait.
func (v *Visit) EffortOf(ctx context.Context, err error) ui.EffortView {
	var e *identity.EffortDemanded
	if !errors.As(err, &e) {
		return ui.EffortView{}
	}
	_, wait := Wait(v.W, err)
	v.Refuse(ctx, http.StatusTooManyRequests, err)
	return ui.EffortView{Challenge: e.Challenge, Bits: e.Bits, Wait: max(wait, int(math.Ceil(e.Wait.Seconds()))), Early: e.Early}
}
