package bulk

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
)

// Keycloak reads the users of a realm that Keycloak exported (kc.sh export, a realm in one file). What
// of a user has no place here is in the notes of the line. Users are read one by one: the file may be
// larger than the memory.
func Keycloak(r io.Reader) Lines { return &keycloak{tokens: json.NewDecoder(r)} }

var errRealm = errors.New("this is no realm that Keycloak exported: it has no list of users")

type keycloak struct {
	tokens *json.Decoder
	found  bool // the list of users
}

// Next implements Lines.
func (k *keycloak) Next() (Line, error) {
	if !k.found {
		if err := k.find(); err != nil {
			return Line{}, err
		}
		k.found = true
	}
	if !k.tokens.More() {
		return Line{}, io.EOF
	}
	var u kcUser
	if err := k.tokens.Decode(&u); err != nil {
		return Line{}, fmt.Errorf("read user: %w", err)
	}
	return u.line()
}

// find reads up to the list of users.
func (k *keycloak) find() error {
	if start, err := k.tokens.Token(); err != nil || start != json.Delim('{') {
		return errRealm
	}
	for k.tokens.More() {
		name, err := k.tokens.Token()
		if err != nil {
			return fmt.Errorf("read realm: %w", err)
		}
		if name == "users" {
			if list, err := k.tokens.Token(); err != nil || list != json.Delim('[') {
				return errRealm
			}
			return nil
		}
		var skipped json.RawMessage
		if err := k.tokens.Decode(&skipped); err != nil {
			return fmt.Errorf("read realm: %w", err)
		}
	}
	return errRealm
}

// A kcUser is Keycloak's UserRepresentation.
type kcUser struct {
	ID              string              `json:"id"`
	Username        string              `json:"username"`
	Email           string              `json:"email"`
	EmailVerified   bool                `json:"emailVerified"`
	FirstName       string              `json:"firstName"`
	LastName        string              `json:"lastName"`
	Enabled         bool                `json:"enabled"`
	Created         int64               `json:"createdTimestamp"` // milliseconds since 1970
	Attributes      map[string][]string `json:"attributes"`
	Credentials     []kcCredential      `json:"credentials"`
	RequiredActions []string            `json:"requiredActions"`
	RealmRoles      []string            `json:"realmRoles"`
	ClientRoles     map[string][]string `json:"clientRoles"`
	Groups          []string            `json:"groups"`
	Identities      []struct {
		Provider string `json:"identityProvider"`
		UserID   string `json:"userId"`
	} `json:"federatedIdentities"`
	Consents       []json.RawMessage `json:"clientConsents"`
	ServiceAccount string            `json:"serviceAccountClientId"`
	Federation     string            `json:"federationLink"`
}

// A kcCredential is Keycloak's CredentialRepresentation; both data are JSON in a text.
type kcCredential struct {
	Type           string `json:"type"`
	Label          string `json:"userLabel"`
	SecretData     string `json:"secretData"`
	CredentialData string `json:"credentialData"`
}

func (u *kcUser) line() (Line, error) {
	var l Line
	row := Row{
		ExternalID: u.ID, EmailVerified: &u.EmailVerified, Profile: u.profile(),
	}
	if u.Email != "" {
		row.Email = &u.Email
	}
	// Keycloak calls users by their address where realms have no user names.
	if u.Username != "" && !strings.Contains(u.Username, "@") {
		row.Username = &u.Username
	} else if u.Username != "" && !strings.EqualFold(u.Username, u.Email) {
		l.note("username_not_taken", u.Username)
	}
	blocked := !u.Enabled
	row.Blocked = &blocked
	if u.Created > 0 {
		at := time.UnixMilli(u.Created).UTC()
		row.CreatedAt = &at
	}
	u.attributes(&row, &l)
	u.credentials(&row, &l)
	u.left(&row, &l)
	if u.ServiceAccount != "" {
		l.Err = errServiceAccount
	}
	var err error
	l.Raw, err = json.Marshal(row)
	return l, err
}

func (l *Line) note(code, detail string) { l.Notes = append(l.Notes, Note{code, detail}) }

// known attributes of Keycloak that are claims here.
const (
	attributeLocale = "locale"
	attributePhone  = "phoneNumber"
)

// attributes keeps what has no claim as metadata that only administrators see.
func (u *kcUser) attributes(row *Row, l *Line) {
	rest := maps.Clone(u.Attributes)
	if v := rest[attributeLocale]; len(v) == 1 {
		row.Profile.Locale = v[0]
		delete(rest, attributeLocale)
	}
	if v := rest[attributePhone]; len(v) == 1 && strings.HasPrefix(v[0], "+") {
		row.Phone = &v[0]
		delete(rest, attributePhone)
	}
	if len(rest) == 0 {
		return
	}
	text, err := json.Marshal(map[string]any{"attributes": rest})
	if err != nil || len(text) > maxMetadata {
		l.note("attributes_not_taken", "they are larger than metadata may be")
		return
	}
	row.Private = text
}

// left notes what is not taken, and what other systems asked of the user at the next sign-in.
func (u *kcUser) left(row *Row, l *Line) {
	for _, action := range u.RequiredActions {
		if action == "UPDATE_PASSWORD" && row.PasswordHash != "" {
			row.ChangePassword = true
			continue
		}
		l.note("required_action_not_taken", action)
	}
	for _, role := range u.RealmRoles {
		if !strings.HasPrefix(role, "default-roles-") {
			l.note("role_not_taken", role)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(u.ClientRoles)) {
		for _, role := range u.ClientRoles[client] {
			l.note("role_not_taken", client+" "+role)
		}
	}
	for _, group := range u.Groups {
		l.note("group_not_taken", group)
	}
	for _, identity := range u.Identities {
		l.note("identity_not_taken", identity.Provider+" "+identity.UserID)
	}
	if len(u.Consents) > 0 {
		l.note("consents_not_taken", fmt.Sprint(len(u.Consents)))
	}
	if u.Federation != "" {
		l.note("federation_not_taken", u.Federation)
	}
}

func (u *kcUser) credentials(row *Row, l *Line) {
	for i := range u.Credentials {
		switch c := &u.Credentials[i]; c.Type {
		case "password":
			hash, algorithm := c.password()
			if row.PasswordHash = hash; hash == "" {
				l.Err = errHash.At(errHashField(algorithm))
			}
		case "otp":
			app, why := c.app()
			if why != "" {
				l.note("authenticator_not_taken", why)
				continue
			}
			row.TOTP = append(row.TOTP, app)
		default:
			l.note("credential_not_taken", c.Type)
		}
	}
}

// password writes Keycloak's password as a hash that package password reads; "" of an algorithm that
// it does not.
func (c *kcCredential) password() (hash, algorithm string) {
	var secret struct{ Value, Salt string }
	var data struct {
		Iterations int                 `json:"hashIterations"`
		Algorithm  string              `json:"algorithm"`
		More       map[string][]string `json:"additionalParameters"`
	}
	if json.Unmarshal([]byte(c.SecretData), &secret) != nil || json.Unmarshal([]byte(c.CredentialData), &data) != nil {
		return "", "unreadable"
	}
	value, errValue := base64.StdEncoding.DecodeString(secret.Value)
	salt, errSalt := base64.StdEncoding.DecodeString(secret.Salt)
	if errValue != nil || errSalt != nil {
		return "", "unreadable"
	}
	encode := base64.RawStdEncoding.EncodeToString
	one := func(name string) string { return strings.Join(data.More[name], "") }
	switch {
	case data.Algorithm == "argon2" && one("version") == "1.3" && (one("type") == "id" || one("type") == "i"):
		return fmt.Sprintf("$argon2%s$v=19$m=%s,t=%d,p=%s$%s$%s", one("type"), one("memory"), data.Iterations, one("parallelism"), encode(salt), encode(value)), ""
	case data.Algorithm == "pbkdf2", strings.HasPrefix(data.Algorithm, "pbkdf2-sha"):
		return fmt.Sprintf("$%s$%d$%s$%s", data.Algorithm, data.Iterations, encode(salt), encode(value)), ""
	}
	return "", data.Algorithm
}

// app is an authenticator app, or why it cannot be one here.
func (c *kcCredential) app() (a App, why string) {
	var secret struct{ Value string }
	var data struct {
		SubType, Algorithm, SecretEncoding string
		Digits, Period                     int
	}
	if json.Unmarshal([]byte(c.SecretData), &secret) != nil || json.Unmarshal([]byte(c.CredentialData), &data) != nil {
		return a, "unreadable"
	}
	if data.SubType != "totp" || data.Algorithm != "HmacSHA1" || data.Digits != 6 || data.Period != 30 {
		return a, fmt.Sprintf("%s %s with %d digits for %d seconds", data.SubType, data.Algorithm, data.Digits, data.Period)
	}
	a = App{Name: c.Label, Secret: secret.Value}
	if data.SecretEncoding != "BASE32" { // then the characters are the secret
		a.Secret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secret.Value))
	}
	if _, err := mfa.ParseSecret(a.Secret); err != nil {
		return App{}, "a secret of another length"
	}
	return a, ""
}

var errServiceAccount = fault.New(fault.Invalid, "service_account", "The user is a client's. Make a client for it.")

// maxMetadata bounds metadata, in bytes.
const maxMetadata = 16 << 10

func errHashField(algorithm string) fault.Field {
	return fault.Field{Pointer: "/credentials", Message: "has the algorithm " + algorithm}
}

// profile are the names of a user.
func (u *kcUser) profile() *identity.Profile {
	return &identity.Profile{Name: strings.TrimSpace(u.FirstName + " " + u.LastName), GivenName: u.FirstName, FamilyName: u.LastName}
}
