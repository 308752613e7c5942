package web

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	random "math/rand/v2"
	"net/http"

	"plinto/internal/logs"
)

type callKey struct{}

// A call is what the outermost wrapper notes about a request.
type call struct {
	id    [1]string // as a header holds it
	nonce string    // made when first asked for: most answers are not pages
	route string    // the pattern it was routed by
	// images are the origins whose pictures the page that is drawn may load.
	images []string
	// connects are the origins that its scripts may call besides its own.
	connects []string

	opened bool // the window may be a pop-up of another site
	trail  *Trail
	client string // client_id of a client that has proved itself
	scope  logs.Scope
}

// A callContext is a context with a call. It is one of its own, because the call is asked for by two keys.
type callContext struct {
	context.Context //nolint:containedctx // it is one
	call            *call
}

// Value implements context.Context.
func (c callContext) Value(key any) any {
	switch key {
	case callKey{}:
		return c.call
	case logs.ScopeKey{}:
		return &c.call.scope
	}
	return c.Context.Value(key)
}

// Begin gives the request an id, announces it in the answer, and sets the headers
// that every answer has. Each of within returns the context that it is served in, made of the one that it is given:
// here, as every other place would copy the request for it.
func Begin(next http.Handler, secure bool, within ...func(context.Context, *http.Request) context.Context) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: [1]string{newRequestID()}}
		c.scope.Note(logs.RequestID, c.id[0])
		h := w.Header()
		h["Request-Id"] = c.id[:]
		setCommonHeaders(h, secure, r.Host)
		if len(r.TransferEncoding) > 0 {
			// A request with Content-Length and Transfer-Encoding may be an attempt
			// to smuggle another one, and its connection must not be used again (RFC
			// 9112 §6.1). net/http has dropped the length by now, so every chunked
			// request is treated so; clients of ours have no reason to send one.
			h["Connection"] = closing
		}
		ctx := r.Context()
		for _, of := range within {
			ctx = of(ctx, r)
		}
		next.ServeHTTP(w, r.WithContext(callContext{ctx, c})) //nolint:contextcheck // it wraps that of the request
	})
}

// newRequestID returns 96 random bits in hex. They name a request in logs and give
// access to nothing.
func newRequestID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], random.Uint64())  //nolint:gosec // a name, not a secret
	binary.LittleEndian.PutUint32(b[8:], random.Uint32()) //nolint:gosec // same
	var text [24]byte
	hex.Encode(text[:], b[:12])
	return string(text[:])
}

// RequestID returns the request's id, or "" outside one.
func RequestID(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.id[0]
	}
	return ""
}

// KeepOpener lets the pages of a handler keep the window that opened theirs. An
// application that signs its users in by a pop-up waits in that window for the answer:
// a page of ours with an opener policy on the way would cut the two apart for good.
// What another site can do to a pop-up of ours, which holds no answer and cannot be
// framed, is to lead it elsewhere and to see that it is closed.
func KeepOpener(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(callKey{}).(*call); ok {
			c.opened = true
		}
		next.ServeHTTP(w, r)
	})
}

func opened(r *http.Request) bool {
	c, ok := r.Context().Value(callKey{}).(*call)
	return ok && c.opened
}

// Nonce returns the request's CSP nonce. Only the goroutine that serves the
// request may ask.
func Nonce(ctx context.Context) string {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return ""
	}
	if c.nonce == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		c.nonce = hex.EncodeToString(b[:])
	}
	return c.nonce
}
