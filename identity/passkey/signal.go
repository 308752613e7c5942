package passkey

import (
	"context"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"

	"plinto/identity"
	"plinto/tenant"
)

// SignalUnknown is what a browser is told of a credential that no account has, as JSON
// (UnknownCredentialOptions, Web Authentication Level 3 §5.1.10.2); "" where other tenants
// may share the host, because it may be a passkey of theirs.
func (*Service) SignalUnknown(ctx context.Context, credential []byte) string {
	if t := tenant.Must(ctx); t.Host == "" || t.Settings.MFA.PasskeyHost != "" {
		return ""
	}
	return text(protocol.SignalUnknownCredential{CredentialID: credential, RPID: rpID(tenant.Must(ctx))})
}

// SignalAccepted is what a browser is told of the passkeys that a user has, so that it forgets
// others, as JSON (AllAcceptedCredentialsOptions, §5.1.10.3).
func (*Service) SignalAccepted(ctx context.Context, user *identity.User, keys []Passkey) string {
	ids := make([]protocol.URLEncodedBase64, len(keys))
	for i := range keys {
		ids[i] = keys[i].CredentialID
	}
	return text(protocol.SignalAllAcceptedCredentials{AllAcceptedCredentialIDs: ids, RPID: rpID(tenant.Must(ctx)), UserID: user.ID[:]})
}

// SignalDetails is what a browser is told of a user's present names, as JSON
// (CurrentUserDetailsOptions, §5.1.10.4).
func (*Service) SignalDetails(ctx context.Context, user *identity.User) string {
	of := &account{user: user}
	return text(protocol.SignalCurrentUserDetails{
		DisplayName: of.WebAuthnDisplayName(), Name: of.WebAuthnName(), RPID: rpID(tenant.Must(ctx)), UserID: user.ID[:],
	})
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // only strings and bytes come here
	}
	return string(out)
}
