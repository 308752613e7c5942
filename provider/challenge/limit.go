package challenge

import (
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

// user returns the request as that of the user's address, as far as it is known: a confidential client is a server that its users' requests
// come through, and says where they came from. It proved that it is that client, which sees their passwords as well. "": unknown.
func (h *Handler) user(r *http.Request, client *provider.Client, form web.Form) (_ *http.Request, address string, err error) {
	said := form.Get(paramAddress)
	switch {
	case said == "" && client.Public():
		return r, h.Address(r), nil
	case said == "":
		return r, "", nil
	}
	parsed, err := netip.ParseAddr(said)
	if err != nil || client.Public() || parsed.Zone() != "" {
		return r, "", errAddress
	}
	address = parsed.Unmap().String()
	origin := event.OriginFrom(r.Context())
	origin.IP = address
	return r.WithContext(event.WithOrigin(r.Context(), func() event.Origin { return origin })), address, nil
}

// from is the address whose limits count: the user's, or else where the request came from.
func (t *turn) from() string {
	if t.address != "" {
		return t.address
	}
	return t.h.Address(t.r)
}
