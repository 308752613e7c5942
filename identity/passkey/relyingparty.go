package passkey

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

// Available reports whether a tenant's pages use passkeys: where it wants so. Browsers want a
// domain, and none of them takes an IP address (Web Authentication Level 3 §5.1.3, RP ID).
func Available(t *tenant.Tenant) bool {
	return t.Settings.MFA.Passkeys != tenant.PasskeysOff && rpID(t) != ""
}

// rpID is the host that a tenant's passkeys belong to. Tenants that share a host share it:
// their credentials are told apart by the table that knows them.
func rpID(t *tenant.Tenant) string {
	if host := t.Settings.MFA.PasskeyHost; host != "" {
		return host
	}
	u, err := url.Parse(t.Issuer)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || protocol.ValidateRPID(host) != nil {
		return ""
	}
	return host
}

// origin is the only one whose answers count.
func origin(t *tenant.Tenant) string {
	u, err := url.Parse(t.Issuer)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Origins returns those on which a tenant's passkeys work, its own first (Web Authentication Level 3
// §5.11): browsers ask the host that the passkeys belong to for them.
func Origins(t *tenant.Tenant) []string {
	own := origin(t)
	all, scheme := []string{own}, "https://"
	if strings.HasPrefix(own, "http://") {
		scheme = "http://"
	}
	for _, host := range t.Settings.MFA.PasskeyHosts {
		all = append(all, scheme+host)
	}
	return all
}

// relyingParty judges answers for a tenant. Some password managers answer extensions that
// nobody asked for: none is read, so none can harm.
//
// elsewhere says that the page that asked may be on any of the tenant's hosts. The hosted pages are on one.
// apps are the origins of apps that may have asked; they are compared byte by byte.
func relyingParty(t *tenant.Tenant, elsewhere bool, apps ...string) (*webauthn.WebAuthn, error) {
	origins := Origins(t)
	if !elsewhere {
		origins = origins[:1]
	}
	origins = append(origins, apps...)
	return webauthn.New(&webauthn.Config{
		RPID: rpID(t), RPDisplayName: displayName(t), RPOrigins: origins,
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

func displayName(t *tenant.Tenant) string {
	return cmp.Or(t.Brand(), rpID(t))
}

// An account is a user as the library wants one.
type account struct {
	user *identity.User
	keys []Passkey
}

// WebAuthnID implements webauthn.User: the user handle, which is random and says nothing.
func (a *account) WebAuthnID() []byte { return a.user.ID[:] }

// WebAuthnName implements webauthn.User.
func (a *account) WebAuthnName() string {
	if a.user.Email != "" {
		return a.user.Email
	}
	return a.user.Username
}

// WebAuthnDisplayName implements webauthn.User.
func (a *account) WebAuthnDisplayName() string {
	if a.user.Profile.Name != "" {
		return a.user.Profile.Name
	}
	return a.WebAuthnName()
}

// WebAuthnCredentials implements webauthn.User.
func (a *account) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(a.keys))
	for i := range a.keys {
		k := &a.keys[i]
		all[i] = webauthn.Credential{
			ID: k.CredentialID, PublicKey: k.PublicKey,
			Flags:         webauthn.CredentialFlags{BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
			Authenticator: webauthn.Authenticator{AAGUID: k.AAGUID[:], SignCount: k.SignCount},
		}
	}
	return all
}

// descriptors names the keys of an account to a browser.
func (a *account) descriptors() []protocol.CredentialDescriptor {
	all := make([]protocol.CredentialDescriptor, len(a.keys))
	for i := range a.keys {
		all[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: a.keys[i].CredentialID}
		for _, transport := range a.keys[i].Transports {
			all[i].Transport = append(all[i].Transport, protocol.AuthenticatorTransport(transport))
		}
	}
	return all
}

// waits is how long a browser waits for the user, in milliseconds.
const waits = int(5 * time.Minute / time.Millisecond)

// makers of authenticators that name a passkey until its user does.
var makers = map[uuid.UUID]string{
	uuid.MustParse("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"): "Apple Passwords",
	uuid.MustParse("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"): "Google Password Manager",
	uuid.MustParse("adce0002-35bc-c60a-648b-0b25f1f05503"): "Chrome on Mac",
	uuid.MustParse("08987058-cadc-4b81-b6e1-30de50dcbe96"): "Windows Hello",
	uuid.MustParse("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"): "Windows Hello",
	uuid.MustParse("6028b017-b1d4-4c02-b4b3-afcdafc96bb2"): "Windows Hello",
	uuid.MustParse("bada5566-a7aa-401f-bd96-45619a55120d"): "1Password",
	uuid.MustParse("d548826e-79b4-db40-a3d8-11116f7e8349"): "Bitwarden",
	uuid.MustParse("531126d6-e717-415c-9320-3d9aa6981239"): "Dashlane",
	uuid.MustParse("53414d53-554e-4700-0000-000000000000"): "Samsung Pass",
	uuid.MustParse("fdb141b2-5d84-443e-8a35-4698c205a502"): "KeePassXC",
	uuid.MustParse("50726f74-6f6e-5061-7373-50726f746f6e"): "Proton Pass",
}
