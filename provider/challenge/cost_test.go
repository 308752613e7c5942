package challenge_test

import (
	"net/http"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
)

// A sign-in here sends what one on the page sends, and nothing more.
func TestPassword_costsNoMoreThanThePage(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	server, _ := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Database: server, Tracer: tracer})
	web, _ := w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	form := w.request(password())
	page, direct := 0, 0
	for range 5 { // on a busy machine something else may be read again meanwhile: the least counts
		p := w.Browser().Open(w.AuthorizeURL(web, nil))
		_, trips := tracer.During(func() { p.Submit("submit", plintotest.Alice()) })
		if page == 0 || trips < page {
			page = trips
		}
		_, trips = tracer.During(func() {
			if a := w.Send(http.MethodPost, path, form); a.JSON["authorization_code"] == nil {
				t.Errorf("got %d %s", a.StatusCode, a.Text)
			}
		})
		if direct == 0 || trips < direct {
			direct = trips
		}
	}
	if page == 0 || direct > page {
		t.Errorf("%d round trips, on the page %d", direct, page)
	}
}
