package provider

import (
	"encoding/json"
	"maps"
	"slices"

	"plinto/identity"
	"plinto/internal/mailaddr"
)

// scopeClaims is OpenID Connect Core 1.0 §5.4.
var scopeClaims = map[string][]string{
	ScopeProfile: {
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
		"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
	},
	ScopeEmail:   {"email", "email_verified"},
	ScopeAddress: {"address"},
	ScopePhone:   {"phone_number", "phone_number_verified"},
}

// scopeOfClaim is scopeClaims the other way round.
var scopeOfClaim = func() map[string]string {
	scopes := map[string]string{}
	for scope, names := range scopeClaims {
		for _, name := range names {
			scopes[name] = scope
		}
	}
	return scopes
}()

// ScopeOfClaim returns the scope that stands for a claim about the user, or "" for
// other claims.
func ScopeOfClaim(name string) string { return scopeOfClaim[name] }

// UserClaims returns every claim that the user has a value for, with the JSON
// types of OpenID Connect Core 1.0 §5.1. Empty ones are left out (§5.3.2).
func UserClaims(u *identity.User) map[string]any {
	p := &u.Profile
	claims := map[string]any{"updated_at": u.UpdatedAt.Unix()}
	for name, value := range map[string]string{
		"name": p.Name, "family_name": p.FamilyName, "given_name": p.GivenName, "middle_name": p.MiddleName, "nickname": p.Nickname,
		"preferred_username": p.PreferredUsername, "profile": p.Profile, "picture": p.Picture, "website": p.Website, "gender": p.Gender,
		"birthdate": p.Birthdate, "zoneinfo": p.Zoneinfo, "locale": p.Locale,
	} {
		if value != "" {
			claims[name] = value
		}
	}
	if u.UpdatedAt.IsZero() {
		delete(claims, "updated_at")
	}
	if p.PreferredUsername == "" && u.Username != "" {
		claims["preferred_username"] = u.Username
	}
	if u.Email != "" {
		// RFC 5322 knows ASCII only, as far as that goes: the domain always does.
		claims["email"], claims["email_verified"] = mailaddr.Wire(u.Email), u.EmailVerified
	}
	if u.Phone != "" {
		claims["phone_number"], claims["phone_number_verified"] = u.Phone, u.PhoneVerified
	}
	if p.Address != nil && *p.Address != (identity.Address{}) {
		claims["address"] = p.Address
	}
	return claims
}

// UserinfoClaims returns what userinfo answers for a grant: sub, the claims of its
// scopes, and what the claims parameter asked for besides.
func UserinfoClaims(subject string, u *identity.User, scopes []string, requested json.RawMessage) map[string]any {
	claims := ScopeClaims(u, scopes)
	all := UserClaims(u)
	for _, name := range RequestedClaims(requested, "userinfo") {
		if value, ok := all[name]; ok {
			claims[name] = value
		}
	}
	claims["sub"] = subject
	return claims
}

// ScopeClaims returns the claims that scopes stand for (OpenID Connect Core 1.0 §5.4).
func ScopeClaims(u *identity.User, scopes []string) map[string]any {
	all, claims := UserClaims(u), map[string]any{}
	for _, s := range scopes {
		for _, name := range scopeClaims[s] {
			if value, ok := all[name]; ok {
				claims[name] = value
			}
		}
	}
	return claims
}

// ClaimsWithin returns a claims parameter without the claims that stand for a scope which is not among allowed. What was taken from a
// client since its user allowed it must not be had by another name. Claims that no scope stands for stay.
func ClaimsWithin(parameter json.RawMessage, allowed []string) json.RawMessage {
	var members map[string]map[string]json.RawMessage
	if len(parameter) == 0 || json.Unmarshal(parameter, &members) != nil {
		return nil
	}
	for _, asked := range members {
		maps.DeleteFunc(asked, func(name string, _ json.RawMessage) bool {
			s := ScopeOfClaim(name)
			return s != "" && !slices.Contains(allowed, s)
		})
	}
	kept, err := json.Marshal(members)
	if err != nil {
		return nil // it was read a moment ago
	}
	return kept
}

// RequestedClaims returns the claim names that a claims parameter asks of one of
// its members, "id_token" or "userinfo" (OpenID Connect Core 1.0 §5.5), sorted.
func RequestedClaims(parameter json.RawMessage, member string) []string {
	if len(parameter) == 0 {
		return nil
	}
	var members map[string]map[string]json.RawMessage
	if json.Unmarshal(parameter, &members) != nil {
		return nil
	}
	var names []string
	for name := range members[member] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
