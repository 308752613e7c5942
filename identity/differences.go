package identity

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// differences returns the names of the claims in which two users differ, sorted: for
// events, which hold no personal data.
func differences(a, b *User) []string {
	of := members(a)
	for name, value := range members(b) {
		if of[name] == value {
			delete(of, name)
		} else {
			of[name] = ""
		}
	}
	if a.Kept != nil && b.Kept != nil {
		for name, same := range map[string]bool{
			"external_id":      a.Kept.ExternalID == b.Kept.ExternalID,
			"public_metadata":  bytes.Equal(a.Kept.Public, b.Kept.Public),
			"private_metadata": bytes.Equal(a.Kept.Private, b.Kept.Private),
		} {
			if !same {
				of[name] = ""
			}
		}
	}
	return slices.Sorted(maps.Keys(of))
}

// members are identifiers and profile by the names of their claims, as JSON.
func members(u *User) map[string]string {
	text, err := json.Marshal(struct {
		Username      string `json:"username,omitempty"`
		Email         string `json:"email,omitempty"`
		EmailVerified bool   `json:"email_verified,omitempty"`
		Phone         string `json:"phone_number,omitempty"`
		PhoneVerified bool   `json:"phone_number_verified,omitempty"`
		Profile
	}{u.Username, u.Email, u.EmailVerified, u.Phone, u.PhoneVerified, u.Profile})
	if err != nil {
		panic(err) // a User holds nothing that cannot be written
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err) // it was written a moment ago
	}
	values := make(map[string]string, len(out))
	for name, value := range out {
		values[name] = string(value)
	}
	return values
}
