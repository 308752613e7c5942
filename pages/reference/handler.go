package reference

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"

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
	read     func() (*document, error)
}

// New returns the pages of a contract, which is OpenAPI 3.1 as JSON. It is read when somebody looks at the first of them: that
// takes tens of milliseconds, which no start has to wait for.
func New(contract []byte, b *browser.Browser) *Handler {
	read := sync.OnceValues(func() (*document, error) {
		read, err := readDocument(contract)
		if err != nil {
			return nil, fmt.Errorf("read contract for its reference: %w", err)
		}
		return read, nil
	})
	return &Handler{Browser: b, document: contract, read: read}
}

// frame is what the pages share. The contract is English, so all of the page is.
func (h *Handler) frame(w http.ResponseWriter, r *http.Request, read *document, topic string) ui.ReferenceFrame {
	page := h.Browser.Page(w, r, nil)
	page.Locale = ui.Locale{}
	f := ui.ReferenceFrame{Page: page, Base: page.Base + paths.ManagementDocs, Topic: topic}
	for _, t := range read.topics {
		f.Topics = append(f.Topics, t.name)
	}
	return f
}

// address is where the API of the request's issuer is.
func address(r *http.Request) string { return tenant.Must(r.Context()).URL(paths.Management) }

// Home serves the list of operations.
func (h *Handler) Home(w http.ResponseWriter, r *http.Request) error {
	read, err := h.read()
	if err != nil {
		return err
	}
	view := ui.ReferenceHomeView{ReferenceFrame: h.frame(w, r, read, ""), Title: read.title, Text: read.text, Address: address(r)}
	for i := range read.topics {
		view.Groups = append(view.Groups, read.group(&read.topics[i], ""))
	}
	return web.Render(w, r, http.StatusOK, ui.ReferenceHome(view))
}

// Topic serves a topic's operations. ErrUnknown.
func (h *Handler) Topic(w http.ResponseWriter, r *http.Request) error {
	read, err := h.read()
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(r.URL.Path, paths.ManagementDocs+"/")
	for i := range read.topics {
		if read.topics[i].name == name {
			return web.Render(w, r, http.StatusOK, ui.ReferenceTopic(ui.ReferenceTopicView{
				ReferenceFrame: h.frame(w, r, read, name), ReferenceGroup: read.group(&read.topics[i], address(r)),
			}))
		}
	}
	return ErrUnknown
}

const errorsTopic = "errors"

// Errors serves the list of codes.
func (h *Handler) Errors(w http.ResponseWriter, r *http.Request) error {
	read, err := h.read()
	if err != nil {
		return err
	}
	view := ui.ReferenceErrorsView{ReferenceFrame: h.frame(w, r, read, errorsTopic)}
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
	read, err := h.read()
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ui.ReferenceError(ui.ReferenceErrorView{
		ReferenceFrame: h.frame(w, r, read, errorsTopic), ReferenceCode: ui.ReferenceCode{Code: code, Cause: cause, Remedy: remedy},
	}))
}

// Document serves the contract, with the address of this issuer's API.
func (h *Handler) Document(w http.ResponseWriter, r *http.Request) {
	here := fmt.Appendf(nil, `"url":%q`, address(r))
	body := bytes.Replace(h.document, []byte(`"url":"`+paths.Management+`"`), here, 1)
	web.NewStatic("application/json", "no-cache", body).ServeHTTP(w, r)
}
