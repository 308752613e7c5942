package reference

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"plinto/event/explain"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// ErrUnknown reports a page that the reference does not have.
var ErrUnknown = fault.New(fault.NotFound, "reference_page_unknown", "The reference has no such page.")

// A Handler serves GET below paths.ManagementDocs.
type Handler struct {
	Browser  *browser.Browser
	document []byte
	read     *document
}

// New returns the pages of a contract, which is OpenAPI 3.1 as JSON.
func New(contract []byte, b *browser.Browser) (*Handler, error) {
	read, err := readDocument(contract)
	if err != nil {
		return nil, fmt.Errorf("read contract for its reference: %w", err)
	}
	return &Handler{Browser: b, document: contract, read: read}, nil
}

// frame is what the pages share. The contract is English, so all of the page is.
func (h *Handler) frame(w http.ResponseWriter, r *http.Request, topic string) ui.ReferenceFrame {
	page := h.Browser.Page(w, r, nil)
	page.Locale = ui.Locale{}
	f := ui.ReferenceFrame{Page: page, Base: page.Base + paths.ManagementDocs, Topic: topic}
	for _, t := range h.read.topics {
		f.Topics = append(f.Topics, t.name)
	}
	return f
}

// address is where the API of the request's issuer is.
func address(r *http.Request) string { return tenant.Must(r.Context()).URL(paths.Management) }

// Home serves the list of operations.
func (h *Handler) Home(w http.ResponseWriter, r *http.Request) error {
	view := ui.ReferenceHomeView{ReferenceFrame: h.frame(w, r, ""), Title: h.read.title, Text: h.read.text, Address: address(r)}
	for i := range h.read.topics {
		view.Groups = append(view.Groups, h.read.group(&h.read.topics[i], ""))
	}
	return web.Render(w, r, http.StatusOK, ui.ReferenceHome(view))
}

// Topic serves a topic's operations. ErrUnknown.
func (h *Handler) Topic(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, paths.ManagementDocs+"/")
	for i := range h.read.topics {
		if h.read.topics[i].name == name {
			return web.Render(w, r, http.StatusOK, ui.ReferenceTopic(ui.ReferenceTopicView{
				ReferenceFrame: h.frame(w, r, name), ReferenceGroup: h.read.group(&h.read.topics[i], address(r)),
			}))
		}
	}
	return ErrUnknown
}

const errorsTopic = "errors"

// Errors serves the list of codes.
func (h *Handler) Errors(w http.ResponseWriter, r *http.Request) error {
	view := ui.ReferenceErrorsView{ReferenceFrame: h.frame(w, r, errorsTopic)}
	for _, code := range explain.Codes() {
		cause, remedy, _ := explain.Words(code)
		view.Codes = append(view.Codes, ui.ReferenceCode{Code: code, Cause: cause, Remedy: remedy})
	}
	return web.Render(w, r, http.StatusOK, ui.ReferenceErrors(view))
}

// Error serves the page of a code. ErrUnknown.
func (h *Handler) Error(w http.ResponseWriter, r *http.Request) error {
	code := strings.TrimPrefix(r.URL.Path, paths.ManagementDocs+"/"+errorsTopic+"/")
	cause, remedy, ok := explain.Words(code)
	if !ok {
		return ErrUnknown
	}
	return web.Render(w, r, http.StatusOK, ui.ReferenceError(ui.ReferenceErrorView{
		ReferenceFrame: h.frame(w, r, errorsTopic), ReferenceCode: ui.ReferenceCode{Code: code, Cause: cause, Remedy: remedy},
	}))
}

// Document serves the contract, with the address of this issuer's API.
func (h *Handler) Document(w http.ResponseWriter, r *http.Request) {
	here := fmt.Appendf(nil, `"url":%q`, address(r))
	body := bytes.Replace(h.document, []byte(`"url":"`+paths.Management+`"`), here, 1)
	web.NewStatic("application/json", "no-cache", body).ServeHTTP(w, r)
}
