package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"plinto/internal/jwt"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

const statementMember = "software_statement"

// attested returns doc with the claims of its software statement in the place of
// what the client itself says (RFC 7591 §2.3). A client that registered with a
// statement and sends none keeps it: what was attested cannot be talked away.
func (h *Handler) attested(ctx context.Context, doc map[string]json.RawMessage, before provider.Metadata) (map[string]json.RawMessage, error) {
	kept := before.Extra[statementMember]
	sent, ok := doc[statementMember]
	if !ok || string(sent) == "null" {
		sent = kept
	}
	if len(sent) == 0 {
		return doc, nil
	}
	var statement string
	if json.Unmarshal(sent, &statement) != nil {
		return nil, statementError("invalid_software_statement", errors.New("not a text"))
	}
	claims, err := h.verify(ctx, statement, string(sent) == string(kept))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "client_secret", statementMember} {
		delete(claims, name)
	}
	doc = maps.Clone(doc)
	maps.Copy(doc, claims)
	doc[statementMember] = sent
	return doc, nil
}

// verify returns the claims of a statement whose issuer the tenant believes. One
// that was verified when the client registered is not verified again: its keys may
// be gone by now.
func (h *Handler) verify(ctx context.Context, statement string, again bool) (map[string]json.RawMessage, error) {
	payload, _, err := jwt.Peek(statement)
	if err != nil {
		return nil, statementError("invalid_software_statement", err)
	}
	if !again {
		if err := h.verifySignature(ctx, statement, payload); err != nil {
			return nil, err
		}
	}
	claims, err := web.ParseJSONObject(payload)
	if err != nil {
		return nil, statementError("invalid_software_statement", err)
	}
	return claims, nil
}

func (h *Handler) verifySignature(ctx context.Context, statement string, payload []byte) error {
	t := tenant.Must(ctx)
	standard, err := jwt.ParseStandard(payload)
	if err != nil {
		return statementError("invalid_software_statement", err)
	}
	issuers := t.Settings.Registration.StatementIssuers
	i := slices.IndexFunc(issuers, func(s tenant.StatementIssuer) bool { return s.Issuer == standard.Issuer })
	if i < 0 || standard.Issuer == "" {
		return statementError("unapproved_software_statement", errors.New("unknown issuer"))
	}
	raw := []byte(issuers[i].JWKS)
	if issuers[i].JWKSURI != "" {
		// An operator's address: what is wrong with it is not the client's fault.
		if raw, err = h.Fetcher.Get(ctx, owner(ctx), issuers[i].JWKSURI, "application/jwk-set+json, application/json"); err != nil {
			return fmt.Errorf("read keys of statement issuer: %w", err)
		}
	}
	keys, err := jwt.ParseKeys(raw)
	if err != nil {
		return statementError("unapproved_software_statement", err)
	}
	if _, _, err := jwt.Verify(statement, keys, jwt.Options{KeyIDOptional: true}); err != nil {
		return statementError("invalid_software_statement", err)
	}
	// Statements need no end, and one that names an audience names us.
	want := jwt.Expected{AllowExpired: standard.Expiry == nil, Leeway: time.Minute}
	if len(standard.Audience) > 0 {
		want.Audience = []string{t.Issuer, t.URL(paths.Register)}
	}
	if err := standard.Check(h.Now(), want); err != nil {
		return statementError("invalid_software_statement", err)
	}
	return nil
}

func statementError(code string, cause error) error {
	description := "the software statement is not valid"
	if code == "unapproved_software_statement" {
		description = "the software statement is not by an issuer that is approved here"
	}
	return because(&web.OAuthError{Code: code, Description: description}, cause)
}
