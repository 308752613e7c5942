package operations

import (
	"net/http"
	"net/http/pprof"
)

// profiles adds the profiles of the runtime, in the places where go tool pprof looks. They slow the server down and
// hold parts of its memory, so they are served only where an operator asked for them.
func profiles(m *http.ServeMux) {
	m.HandleFunc("GET /debug/pprof/", pprof.Index)
	m.HandleFunc("GET /debug/pprof/cmdline", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }) // arguments may hold secrets
	m.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	m.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	m.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	m.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
