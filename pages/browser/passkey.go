package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"plinto/identity"
	"plinto/identity/passkey"
	"plinto/tenant"
	"plinto/ui"
)

// declinedBase is the cookie of a browser in which somebody wanted no passkey.
const (
	declinedBase = "plinto_k"
	declinedLife = 30 * 24 * time.Hour
)

// PasskeyDeclined reports whether somebody said in this browser, within the last 30 days, that
// they want no passkey now.
func (v *Visit) PasskeyDeclined() bool {
	_, is := v.browser.scope(v.R).Read(v.R, declinedBase)
	return is
}

// DeclinePasskey has nobody in this browser asked again for 30 days.
func (v *Visit) DeclinePasskey() { v.browser.scope(v.R).Set(v.W, declinedBase, "1", declinedLife) }

// OfferPasskey has a passkey offered to the user who signs in with the form that was posted, which says what
// the browser can do. A user who has nothing but a password of their own may also have the browser make one
// without being asked: silently.
func (v *Visit) OfferPasskey(ctx context.Context, silently bool) {
	t := tenant.Must(ctx)
	v.Flow.Offer, v.Flow.Silent = false, false
	if !passkey.Available(t) || !t.Settings.MFA.OffersPasskeys() || v.PasskeyDeclined() {
		return
	}
	can := strings.Fields(v.Form.Get("passkeys"))
	v.Flow.Offer = slices.Contains(can, "1")
	v.Flow.Silent = silently && slices.Contains(can, "silent") && t.Settings.MFA.MakesSilently()
}

// Ceremony is what a challenge of a page is for: an answer counts in this flow, and on this
// page. user is whose passkey it has to be; nil: anybody's.
func (v *Visit) Ceremony(step string, user *identity.User) passkey.Ceremony {
	c := passkey.Ceremony{Flow: v.Flow.ID.String(), Step: step}
	if user != nil {
		c.User = user.PublicID()
	}
	return c
}

// PasskeyProblem returns what a page says of a passkey that did not do, or "" for any other
// error.
func PasskeyProblem(err error) ui.PasskeyProblem {
	for of, problem := range map[error]ui.PasskeyProblem{
		passkey.ErrRefused: ui.PasskeyRefused, passkey.ErrSpent: ui.PasskeyRefused, passkey.ErrUnknown: ui.PasskeyUnknown,
		passkey.ErrUnverified: ui.PasskeyUnverified, passkey.ErrExpired: ui.PasskeyLate,
		passkey.ErrModel: ui.PasskeyModel,
	} {
		if errors.Is(err, of) {
			return problem
		}
	}
	return ""
}

// maxCredential bounds the id of a credential in base64url: 1023 bytes.
const maxCredential = 1364

// UnknownPasskey is what the browser is told of a passkey that no account has, or "".
func UnknownPasskey(ctx context.Context, s *passkey.Service, answer string, err error) string {
	var posted struct {
		ID string `json:"id"`
	}
	if !errors.Is(err, passkey.ErrUnknown) || json.Unmarshal([]byte(answer), &posted) != nil || len(posted.ID) > maxCredential {
		return ""
	}
	id, err := base64.RawURLEncoding.DecodeString(posted.ID)
	if err != nil {
		return ""
	}
	return s.SignalUnknown(ctx, id)
}
