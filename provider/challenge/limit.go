package challenge

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"plinto/dispatch"
	"plinto/event"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
)

// The limits of requests that failed. Good ones are not counted: how many are worked on at once is bounded for all requests.
// Passwords and codes have limits of their own besides.
var (
	// limitFailures is of a client's users in one network; of a confidential client that does not say where they are, of all.
	limitFailures = identity.Limit{Name: "challenge", Count: 600, Period: time.Minute, Burst: 600}
	// limitFailuresDevice is of an application in which somebody signed in before: others keep it from nothing.
	limitFailuresDevice = identity.Limit{Name: "challenge-device", Count: 60, Period: time.Minute, Burst: 60}
)

func limited(client *provider.Client, address string, d *device.Token) []identity.Bucket {
	switch {
	case d.KnowsAnybody():
		return []identity.Bucket{limitFailuresDevice.Of(identity.DeviceKey(d.Hash()))}
	case address == "":
		return []identity.Bucket{limitFailures.Of(client.ClientID)}
	}
	return limitFailures.Networks(address, client.ClientID)
}

// failed reports whether a request was no good. What is asked for next is not, and neither is what was not tried, as there was too much.
func failed(a dispatch.Answer, err error) bool {
	var said *web.OAuthError
	switch kind := fault.KindOf(err); {
	case errors.As(err, &said):
		return said.Status < http.StatusInternalServerError
	case err != nil:
		return kind != "" && kind != fault.TooMany && kind != fault.Unavailable
	}
	asks, ok := a.(*reply)
	return ok && asks.Problem != ""
}

var errAddress = &web.OAuthError{Code: "invalid_request", Description: "user_ip is one IP address, and of confidential clients alone"}

// userAddress returns the address that the user's request came from: a confidential client is a server that its users' requests come
// through, and says where from. It proved that it is that client, which sees their passwords as well. "": it does not say.
func (h *Handler) userAddress(r *http.Request, client *provider.Client, form web.Form) (string, error) {
	said := form.Get(paramAddress)
	switch {
	case said == "" && client.Public():
		return h.Address(r), nil
	case said == "":
		return "", nil
	}
	parsed, err := netip.ParseAddr(said)
	if err != nil || client.Public() || parsed.Zone() != "" {
		return "", errAddress
	}
	return parsed.Unmap().String(), nil
}

// at notes in ctx that the request came from the user's address; "": from where it did.
func at(ctx context.Context, address string) context.Context {
	if address == "" {
		return ctx
	}
	return event.WithOrigin(ctx, func() event.Origin {
		origin := event.OriginFrom(ctx)
		origin.IP = address
		return origin
	})
}

// from is the address whose limits count: the user's, or else where the request came from.
func (t *turn) from() string {
	if t.address != "" {
		return t.address
	}
	return t.h.Address(t.r)
}
