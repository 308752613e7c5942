package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// A Static answers from memory: bytes, headers and validator are made once.
type Static struct {
	body         []byte
	contentType  []string
	cacheControl []string
	etag         []string
	length       []string
}

// NewStatic prepares an answer.
func NewStatic(contentType, cacheControl string, body []byte) *Static {
	sum := sha256.Sum256(body)
	return &Static{
		body: body, contentType: []string{contentType}, cacheControl: []string{cacheControl},
		etag:   []string{`"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`},
		length: []string{strconv.Itoa(len(body))},
	}
}

// Body returns the bytes, which nobody may change.
func (s *Static) Body() []byte { return s.body }

// ServeHTTP answers GET and HEAD, and 304 to a client that has it already.
func (s *Static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !AllowMethods(w, r, "GET, HEAD") {
		return
	}
	h := w.Header()
	h["Cache-Control"] = s.cacheControl
	h["Etag"] = s.etag
	if match := r.Header.Get("If-None-Match"); match != "" && (match == "*" || strings.Contains(match, s.etag[0])) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = s.contentType
	h["Content-Length"] = s.length
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(s.body) // a client that is gone cannot be told
}
