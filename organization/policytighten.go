package organization

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/tenant"
)

// ErrLooser reports a policy that asks for less than the tenant does. Its fields say which rules do.
var ErrLooser = fault.New(fault.Unprocessable, "policy_looser", "A policy can only ask for more than the tenant does.")

// EditPolicy changes the policy of an organization, and nothing else of what edit changes: see
// UpdateByID. A rule that is changed must not be looser than the tenant's. Rules that are not stay, also
// where the tenant has become stricter since. ErrLooser, the errors of edit and of UpdateByID.
func (s *Service) EditPolicy(ctx context.Context, id uuid.UUID, edit func(*Organization) error) (Organization, error) {
	var refused error
	o, err := s.UpdateByID(ctx, id, func(o *Organization) {
		wanted := *o
		if refused = edit(&wanted); refused == nil {
			refused = wanted.Policy.tightens(&tenant.Must(ctx).Settings, &o.Policy)
		}
		if refused == nil {
			o.Policy = wanted.Policy
		}
	})
	if err == nil {
		err = refused
	}
	return o, err
}

// tightens reports the rules that differ from before and are looser than the tenant's. ErrLooser.
func (p *Policy) tightens(settings *tenant.Settings, before *Policy) error {
	var wrong []fault.Field
	at := func(pointer, message string) { wrong = append(wrong, fault.Field{Pointer: pointer, Message: message}) }
	if p.MFA != before.MFA && p.MFA == tenant.MFARequired && settings.MFA.Off() {
		at("/mfa", "the tenant has no second factors")
	}
	longest := func(pointer string, wanted, was tenant.Duration, most time.Duration) {
		if wanted != was && time.Duration(wanted) > most {
			at(pointer, fmt.Sprintf("is longer than the %d seconds of the tenant", int64(most.Seconds())))
		}
	}
	longest("/session_ttl", p.SessionTTL, before.SessionTTL,
		max(settings.SessionTTL.Or(tenant.DefaultSessionTTL), settings.RememberTTL.Or(tenant.DefaultRememberTTL)))
	longest("/session_idle_ttl", p.SessionIdleTTL, before.SessionIdleTTL,
		max(settings.SessionIdleTTL.Or(tenant.DefaultSessionIdleTTL), settings.RememberIdleTTL.Or(tenant.DefaultRememberIdleTTL)))
	for i, m := range p.SignInMethods {
		if !slices.Contains(before.SignInMethods, m) && m == MethodPasskey && settings.MFA.Passkeys == tenant.PasskeysOff {
			at(fmt.Sprintf("/sign_in_methods/%d", i), "the tenant has no passkeys")
		}
	}
	for i, d := range p.EmailDomains {
		if !slices.Contains(before.EmailDomains, d) && !settings.SignUp.Takes(d) {
			at(fmt.Sprintf("/email_domains/%d", i), "the tenant does not take addresses of this domain")
		}
	}
	if len(wrong) > 0 {
		return ErrLooser.At(wrong...)
	}
	return nil
}
