package assembly

import (
	"context"
	"encoding/json"
	"slices"

	"plinto/provider"
)

const (
	maxClaims  = 2048 // bytes of the parameter; it travels with the flow
	maxSubject = 255  // bytes of a sub (OpenID Connect Core 1.0 §2)
)

// requestedClaims are the two members of a claims parameter that mean something: id_token
// and userinfo. What else there is must be ignored (OpenID Connect Core 1.0 §5.5).
type requestedClaims struct {
	IDToken  map[string]json.RawMessage `json:"id_token,omitempty"`
	Userinfo map[string]json.RawMessage `json:"userinfo,omitempty"`
}

// checkClaims reads the claims parameter (OpenID Connect Core 1.0 §5.5). Of what it
// asks about the sign-in itself, sub and acr, the values count. Claims that belong
// to scopes which the client may not ask for are dropped: it must not get them by
// another name. So are those that nobody here has: they would travel with the flow.
func checkClaims(ctx context.Context, a *Assembler, d *draft) error {
	text := d.params.Get("claims")
	if text == "" {
		return nil
	}
	var asked requestedClaims
	if len(text) > maxClaims || text[0] != '{' || json.Unmarshal([]byte(text), &asked) != nil {
		return refuse("invalid_request", "claims is not a JSON object of objects")
	}
	if asked.Userinfo != nil && d.Request.ResponseType == "id_token" {
		return refuse("invalid_request", "claims asks for userinfo, and the response type gives no token for it")
	}
	allowed, err := a.Scopes.Allowed(ctx, d.Client)
	if err != nil {
		return err
	}
	for _, member := range []map[string]json.RawMessage{asked.IDToken, asked.Userinfo} {
		for name, raw := range member {
			s := provider.ScopeOfClaim(name)
			if s != "" && !slices.Contains(allowed, s) || !slices.Contains(provider.ClaimNames, name) {
				delete(member, name)
				continue
			}
			if err := checkClaim(d, name, raw); err != nil {
				return err
			}
		}
	}
	checkACRClaim(d, asked.IDToken["acr"])
	d.Request.Claims, err = json.Marshal(asked)
	return err
}

// A claimRequest is how one claim is requested; null requests it without more (OpenID Connect
// Core 1.0 §5.5.1).
type claimRequest struct {
	Essential bool  `json:"essential"`
	Value     any   `json:"value"`
	Values    []any `json:"values"`
}

func checkClaim(d *draft, name string, raw json.RawMessage) error {
	var request claimRequest
	if string(raw) != "null" && (raw[0] != '{' || json.Unmarshal(raw, &request) != nil || len(request.Values) > maxACRs) {
		return refuse("invalid_request", "claims asks for a claim in a way that is not understood")
	}
	value, _ := request.Value.(string)
	if name != "sub" || value == "" {
		return nil
	}
	if len(value) > maxSubject {
		return refuse("invalid_request", "claims asks for a subject that nobody can be")
	}
	if d.Request.HintSubject != "" && d.Request.HintSubject != value {
		return refuse("invalid_request", "claims asks for two subjects")
	}
	d.Request.HintSubject = value
	return nil
}

// checkACRClaim notes which sign-in is wanted, and whether it has to be one of those
// (OpenID Connect Core 1.0 §5.5.1.1).
func checkACRClaim(d *draft, raw json.RawMessage) {
	var request claimRequest
	if raw == nil || json.Unmarshal(raw, &request) != nil {
		return
	}
	var wanted []string
	for _, v := range append(request.Values, request.Value) {
		if acr, ok := v.(string); ok && acr != "" {
			wanted = append(wanted, acr)
		}
	}
	// That it is essential is kept of classes too that nobody can reach: then the
	// request fails.
	d.Request.ACRValues, d.Request.ACREssential = d.knownACRs(wanted), request.Essential && len(wanted) > 0
}
