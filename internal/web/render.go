package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// A Component is a page that can draw itself. templ components are.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// Render answers with a page. It is drawn completely before anything is sent, so
// that a page is never half an answer.
func Render(w http.ResponseWriter, r *http.Request, status int, page Component) error {
	return RenderFraming(w, r, status, page, nil)
}

// RenderFraming is Render for a page with frames of those origins, and no others.
// They are written into the content security policy as they are: they must be
// what browsers write in the Origin header.
func RenderFraming(w http.ResponseWriter, r *http.Request, status int, page Component, origins []string) error {
	var body bytes.Buffer
	if err := page.Render(r.Context(), &body); err != nil {
		return fmt.Errorf("draw page: %w", err)
	}
	setPageHeaders(w.Header(), Nonce(r.Context()), origins, images(r.Context()), connects(r.Context()), opened(r))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that is gone cannot be told
	return nil
}
