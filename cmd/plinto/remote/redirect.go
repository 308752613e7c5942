package remote

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// mostRedirects bounds how often a server may send a request on.
const mostRedirects = 3

var errRedirects = errors.New("the server redirects again and again")

// A redirectError says where a server sent a request that is not sent there.
type redirectError struct {
	to     url.URL
	reason string
}

// Error implements error. The query of the address is left out: it may hold what was asked.
func (e *redirectError) Error() string {
	to := url.URL{Scheme: e.to.Scheme, Host: e.to.Host, Path: e.to.Path}
	return fmt.Sprintf("the server redirects to %s, which is not followed: %s", to.Redacted(), e.reason)
}

// Redirects is how sign-ins treat redirects (http.Client.CheckRedirect). By 307 and 308 a POST would be sent again with its
// codes and tokens, by 303 its answer would be somebody else's: none of a POST is followed. What is only read may have moved
// on the same origin.
func Redirects(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case first.Method != http.MethodGet:
		return &redirectError{*next.URL, "the request has codes or tokens, which are for the first address alone"}
	case next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host:
		return &redirectError{*next.URL, "it is another server: name it if you mean that one"}
	case len(via) > mostRedirects:
		return errRedirects
	}
	return nil
}
