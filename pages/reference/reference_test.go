package reference_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/admin"
	"plinto/event/explain"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// Every operation of the contract is on the page of its topic, with its permission and an example, and
// the first page leads to it.
func TestReference_describesEveryOperation(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	contract, err := admin.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	b := s.Browser()
	home := b.Open(s.Issuer() + "/admin/docs")
	topics, found := map[string]*goquery.Document{}, map[string]string{}
	home.Doc.Find("[data-filter] a").Each(func(_ int, e *goquery.Selection) {
		page, id, _ := strings.Cut(e.AttrOr("href", ""), "#")
		found[id] = page
		if topics[page] == nil {
			topics[page] = b.Open("https://" + s.Tenant.Host + page).Doc
		}
	})
	if len(found) != len(contract.Operations) || len(found) < 10 {
		t.Errorf("the first page leads to %d operations, the contract has %d", len(found), len(contract.Operations))
	}
	for _, op := range contract.Operations {
		doc := topics[found[op.ID]]
		if doc == nil {
			t.Errorf("%s is not on the first page", op.ID)
			continue
		}
		section := doc.Find("section#" + op.ID)
		for _, want := range []string{op.Method, op.Path, string(op.Permission), "default"} {
			if !strings.Contains(section.Text(), want) {
				t.Errorf("%s: no %q", op.ID, want)
			}
		}
		if example := doc.Find("#" + op.ID + "-command").Text(); !strings.Contains(example, s.Issuer()+"/admin/v1/") {
			t.Errorf("%s: the example is %q", op.ID, example)
		}
	}
	if got := topics[found["createUser"]].Find("#createUser").Text(); !strings.Contains(got, "Members of profile") || !strings.Contains(got, "3 to 320 characters") {
		t.Errorf("createUser: %s", got)
	}
}

func TestReference_explainsEveryCode(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	b := s.Browser()
	index := b.Open(s.Issuer() + "/admin/docs/errors")
	if got := index.Doc.Find("[data-filter]").Length(); got != len(explain.Codes()) || got < 50 {
		t.Errorf("%d codes are listed, there are %d", got, len(explain.Codes()))
	}
	for _, code := range []string{"invalid_body", "email_taken", "insufficient_scope"} {
		cause, remedy, _ := explain.Words(code)
		page := b.Open(s.Issuer() + "/admin/docs/errors/" + code)
		if page.Status != http.StatusOK || page.Doc.Find("#cause").Text() != cause || page.Doc.Find("#remedy").Text() != remedy {
			t.Errorf("%s: %d %s", code, page.Status, page.Doc.Find("main").Text())
		}
	}
	for _, path := range []string{"/errors/no_such_code", "/errors/%3Cb%3E", "/nothing", "/errors/"} {
		if page := b.Open(s.Issuer() + "/admin/docs" + path); page.Status != http.StatusNotFound || page.Doc.Find("#error").Length() != 1 {
			t.Errorf("%s: %d %s", path, page.Status, page.Doc.Find("main").Text())
		}
	}
}

// A problem leads to the page of its code, below the issuer of the request.
func TestReference_isWhereProblemsLead(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	other := s.NewTenant("other", "", tenant.Settings{})
	res, err := s.HTTP().Get(other.Issuer + "/admin/v1/nothing")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var problem struct{ Type, Code string }
	if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
		t.Fatal(err)
	}
	if page := s.Browser().Open(problem.Type); page.Status != http.StatusOK || page.Doc.Find("h1").Text() != problem.Code {
		t.Errorf("%s: %d %s", problem.Type, page.Status, page.Doc.Text())
	}
}

func TestReference_servesTheContractOfTheIssuer(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	other := s.NewTenant("other", "", tenant.Settings{})
	for _, issuer := range []string{s.Issuer(), other.Issuer} {
		res, err := s.HTTP().Get(issuer + "/admin/docs/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		var got struct {
			OpenAPI string
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		if err := json.Unmarshal(body, &got); err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%d %v: %v", res.StatusCode, res.Header, err)
		}
		if len(got.Servers) != 1 || got.Servers[0].URL != issuer+"/admin/v1" || got.OpenAPI != "3.1.0" || len(got.Paths) < 5 {
			t.Errorf("got %s, servers %v, %d paths", got.OpenAPI, got.Servers, len(got.Paths))
		}
	}
}
