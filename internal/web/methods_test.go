package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestMethods_othersAreToldWhichThereAre_RFC9110_15_5_6(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method string
		allow        func(http.ResponseWriter, *http.Request, string) bool
		want         bool
		status       int // of the answer; 200: none was given yet
		header       string
	}{
		{"one of them", http.MethodGet, AllowMethods, true, http.StatusOK, ""},
		{"another", http.MethodPut, AllowMethods, false, http.StatusMethodNotAllowed, "GET, POST"},
		{"the beginning of one", "PO", AllowMethods, false, http.StatusMethodNotAllowed, "GET, POST"},
		{"a preflight where no page calls", http.MethodOptions, AllowMethods, false, http.StatusMethodNotAllowed, "GET, POST"},
		{"one of them, of a page", http.MethodPost, AllowCrossOrigin, true, http.StatusOK, ""},
		{"another, of a page", http.MethodPut, AllowCrossOrigin, false, http.StatusMethodNotAllowed, "GET, POST, OPTIONS"},
		{"a preflight", http.MethodOptions, AllowCrossOrigin, false, http.StatusNoContent, ""},
	} {
		w := httptest.NewRecorder()
		got := c.allow(w, httptest.NewRequest(c.method, "/", nil), "GET, POST")
		if got != c.want || w.Code != c.status || w.Header().Get("Allow") != c.header {
			t.Errorf("%s: got %t, %d, Allow %q, want %t, %d, %q", c.name, got, w.Code, w.Header().Get("Allow"), c.want, c.status, c.header)
		}
	}
}
