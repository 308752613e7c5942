package authorize

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/provider/seal"
	"plinto/tenant"
	"plinto/ui"
)

// answerUnseen is answer for an error that comes before any page. Where nobody
// vouches for the client, the user is shown where the answer leads and goes there
// by hand. A silent request is answered at the client: it must show no page, and what it
// asks for is an error (OpenID Connect Core 1.0 §3.1.2.6; RFC 9700 §4.11.2 excepts it).
func (p *Responder) answerUnseen(w http.ResponseWriter, r *http.Request, req *provider.Request, client *provider.Client, params url.Values) error {
	if client.Leads(tenant.Must(r.Context())) || req.Prompts(provider.PromptNone) || r.Header.Get("Sec-Fetch-Dest") == "iframe" {
		return p.answer(w, r, req, client, params)
	}
	code := params.Get("error")
	mode, params, err := p.pack(r, req, client, params)
	if err != nil {
		return err
	}
	view := ui.LeaveView{
		Page: p.Browser.Page(w, r, nil), Client: browser.ClientView(client), Host: provider.RedirectHost(req.RedirectURI), Code: code,
	}
	if mode == "form_post" {
		view.Action, view.Fields = req.RedirectURI, fields(params)
	} else if view.Continue, err = withParams(req.RedirectURI, params, mode == "fragment"); err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return web.Render(w, r, http.StatusBadRequest, ui.Leave(view))
}

func issuer(r *http.Request) string { return tenant.Must(r.Context()).Issuer }

func errorParams(code, description string) url.Values {
	v := url.Values{"error": {code}}
	if description != "" {
		v.Set("error_description", description)
	}
	return v
}

// answer sends params to the client in the request's response mode, with state
// when there was one and always with iss (RFC 9207).
func (p *Responder) answer(w http.ResponseWriter, r *http.Request, req *provider.Request, client *provider.Client, params url.Values) error {
	mode, params, err := p.pack(r, req, client, params)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	if mode == "form_post" {
		return p.formPost(w, r, req.RedirectURI, params)
	}
	target, err := withParams(req.RedirectURI, params, mode == "fragment")
	if err != nil {
		return err
	}
	return p.Browser.Redirect(w, r, target)
}

// pack completes an answer, and returns with it how it is sent: query, fragment or
// form_post.
func (p *Responder) pack(r *http.Request, req *provider.Request, client *provider.Client, params url.Values) (string, url.Values, error) {
	if code := params.Get("error"); code != "" {
		trail := web.TrailOf(r.Context())
		trail.ClientID = client.ClientID
		trail.Refuse(http.StatusSeeOther, code, params.Get("error_description"))
	}
	if req.State != "" {
		params.Set("state", req.State)
	}
	mode, signed := strings.CutSuffix(req.ResponseMode, ".jwt")
	if !signed {
		params.Set("iss", issuer(r))
		return mode, params, nil
	}
	params, err := p.sealed(r, client, params)
	return mode, params, err
}

// sealedFor is how long a client may take to read a sealed answer (JARM §2.1
// wants ten minutes at most).
const sealedFor = 5 * time.Minute

// sealed packs an answer into one signed token (JARM §2.1): its iss is inside.
func (p *Responder) sealed(r *http.Request, client *provider.Client, params url.Values) (url.Values, error) {
	claims := map[string]any{"iss": issuer(r), "aud": client.ClientID, "exp": p.Now().Add(sealedFor).Unix()}
	for name := range params {
		claims[name] = params.Get(name)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("write sealed answer: %w", err)
	}
	alg := client.AuthorizationSignedAlg
	if alg == "" {
		alg = provider.AlgIDToken
	}
	token, err := p.Sealer.Seal(r.Context(), client, seal.Sealing{
		SignAlg: alg, EncryptAlg: client.AuthorizationEncryptedAlg, EncryptEnc: client.AuthorizationEncryptedEnc,
	}, "", payload)
	if err != nil {
		return nil, fmt.Errorf("seal answer: %w", err)
	}
	return url.Values{"response": {token}}, nil
}

// withParams adds params to the redirect URI, in its fragment or to its query,
// which stays as it was registered byte for byte (RFC 6749 §3.1.2). A registered
// URI has no fragment of its own.
func withParams(redirect string, params url.Values, fragment bool) (string, error) {
	if fragment {
		return redirect + "#" + params.Encode(), nil
	}
	u, err := url.Parse(redirect)
	if err != nil {
		return "", fault.New(fault.Invalid, "invalid_redirect_uri", "The redirect URI is malformed.").With(err)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += params.Encode()
	u.ForceQuery = false
	return u.String(), nil
}

func (p *Responder) formPost(w http.ResponseWriter, r *http.Request, action string, params url.Values) error {
	view := ui.FormPostView{Page: p.Browser.Page(w, r, nil), Action: action, Fields: fields(params)}
	return web.Render(w, r, http.StatusOK, ui.FormPost(view))
}

// fields are params in the order of their names.
func fields(params url.Values) (all []ui.Field) {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		all = append(all, ui.Field{Name: name, Value: params.Get(name)})
	}
	return all
}
