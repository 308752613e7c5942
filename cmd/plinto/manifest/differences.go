package manifest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// differences compares two views of a thing, by name. Absent, null, false, "" and
// empty are the same.
func differences(from, to map[string]any) []Field {
	var fields []Field
	names := make(map[string]bool)
	for name := range from {
		names[name] = true
	}
	for name := range to {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a, b := shown(from[name]), shown(to[name]); a != b {
			fields = append(fields, Field{name, a, b})
		}
	}
	return fields
}

// shown writes a value as JSON in one spelling, "" when there is nothing.
func shown(value any) string {
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	var plain any // through any, so that names are sorted and blanks gone
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&plain) != nil {
		return ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(plain) != nil {
		return ""
	}
	out := string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	if slices.Contains([]string{"null", "false", `""`, "[]", "{}"}, out) {
		return ""
	}
	return out
}

// view returns the JSON members of a struct.
func view(v any) map[string]any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out := make(map[string]any)
	_ = json.Unmarshal(text, &out) // just written
	return out
}

func tenantView(t *tenant.Tenant) map[string]any {
	out := map[string]any{
		"name": t.Name, "host": t.Host, "isolation": t.Placement.Isolation, "disabled": !t.DisabledAt.IsZero(),
	}
	for name, value := range view(t.Settings) {
		out["settings."+name] = value
	}
	return out
}

func resourceServerView(r *provider.ResourceServer) map[string]any {
	return map[string]any{
		"name": r.Name, "scopes": r.Scopes, "token_format": r.Format, "signing_alg": r.SigningAlg,
		"access_token_ttl": ttlText(r.TokenTTL),
	}
}

func userView(u *identity.User) map[string]any {
	out := view(u.Profile)
	out["email"], out["email_verified"], out["username"] = u.Email, u.EmailVerified, u.Username
	out["phone_number"], out["phone_number_verified"] = u.Phone, u.PhoneVerified
	return out
}

// switched is the difference of what is disabled or enabled.
func switched(disabled bool) Field {
	if disabled {
		return Field{"disabled", "", "true"}
	}
	return Field{"disabled", "true", ""}
}

func rolesView(roles []string) map[string]any { return map[string]any{"roles": roles} }

func clientView(c *provider.Client) (map[string]any, error) {
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"first_party": c.FirstParty}
	for name, value := range members {
		out[name] = value
	}
	out["access_token_ttl"] = ttlText(c.AccessTokenTTL)
	return out, nil
}

func clientDifferences(from, to *provider.Client) ([]Field, error) {
	a, err := clientView(from)
	if err != nil {
		return nil, err
	}
	b, err := clientView(to)
	if err != nil {
		return nil, err
	}
	return differences(a, b), nil
}

// ttlText writes seconds as a manifest does, "" for none.
func ttlText(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return (time.Duration(seconds) * time.Second).String()
}

// stored returns the declared resource server as it is stored, without an id.
func (r *ResourceServer) stored() provider.ResourceServer {
	return provider.ResourceServer{
		Identifier: r.Identifier, Name: r.Name, Scopes: r.Scopes, Format: r.TokenFormat,
		SigningAlg: r.SigningAlg, TokenTTL: int64(time.Duration(r.AccessTokenTTL) / time.Second),
	}
}
