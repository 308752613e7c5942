package authorize

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/ui"
)

// A refusal is an authorization error by its registered code (RFC 6749
// §4.1.2.1, OpenID Connect Core §3.1.2.6). The description never repeats input.
type refusal struct {
	Code        string
	Description string
}

func (r *refusal) Error() string { return r.Code + ": " + r.Description }

func refuse(code, description string) error { return &refusal{code, description} }

func isNotFound(err error) bool { return errors.Is(err, fault.NotFound) }

// fail answers an error of the assembly: to the client when client and redirect
// URI are known, to the user otherwise.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, a *assembly, err error) error {
	var refused *refusal
	if !errors.As(err, &refused) {
		return err
	}
	if !a.answerable {
		return h.Browser.ErrorPage(w, r, http.StatusBadRequest, refused.Code, refused.Description)
	}
	return h.answer(w, r, &a.req, errorParams(refused.Code, refused.Description))
}

func errorParams(code, description string) url.Values {
	v := url.Values{"error": {code}}
	if description != "" {
		v.Set("error_description", description)
	}
	return v
}

// answer sends params to the client in the request's response mode, with state
// when there was one and always with iss (RFC 9207).
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, req *provider.Request, params url.Values) error {
	if req.State != "" {
		params.Set("state", req.State)
	}
	params.Set("iss", h.issuer(r))
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	if req.ResponseMode == "form_post" {
		return h.formPost(w, r, req.RedirectURI, params)
	}
	target, err := withQuery(req.RedirectURI, params)
	if err != nil {
		return err
	}
	header.Set("Location", target)
	// 303, never 307: a 307 would make the browser repeat a posted password to
	// the client (RFC 9700 §4.12).
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// withQuery adds params to the redirect URI, keeping the query it was registered
// with byte for byte (RFC 6749 §3.1.2).
func withQuery(redirect string, params url.Values) (string, error) {
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

func (h *Handler) formPost(w http.ResponseWriter, r *http.Request, action string, params url.Values) error {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	view := ui.FormPostView{Page: h.Browser.Page(w, r, nil), Action: action}
	for _, name := range names {
		view.Fields = append(view.Fields, ui.Field{Name: name, Value: params.Get(name)})
	}
	return web.Render(w, r, http.StatusOK, ui.FormPost(view))
}
