package web

import "net/http"

// maxAnswerHeader bounds the header of an answer that redirects, in bytes: proxies read
// it into one buffer, of 4 KiB by default in nginx, and add lines of their own.
const maxAnswerHeader = 3500

// FitsHeader reports whether an answer may lead to target by its Location header. Where it
// may not, a page has to lead there.
func FitsHeader(w http.ResponseWriter, target string) bool {
	size := len("HTTP/1.1 303 See Other\r\n") + len("Location: \r\n") + len(target)
	for name, values := range w.Header() {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	return size <= maxAnswerHeader
}
