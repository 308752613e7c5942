package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plinto/internal/web"
)

func jsonRequest(contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestParseJSON_readsOneObject(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON"} {
		got, err := web.ParseJSON(jsonRequest(contentType, ` {"a": [1, {"b": null}], "ä#fr": "x", "c": 1.5e3} `), web.MaxJSON)
		if err != nil || len(got) != 3 || string(got["c"]) != "1.5e3" {
			t.Errorf("%s: %v %v", contentType, got, err)
		}
	}
}

// NET-08.
func TestParseJSON_refusesWhatReadersDisagreeOn(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, body := range map[string]string{
		"nothing": "", "a list": `[]`, "null": `null`, "a text": `"x"`, "half": `{"a":1`, "trailing data": `{} {}`, "trailing text": `{}x`,
		"a byte order mark": "\ufeff{}", "twice": `{"a":1,"a":2}`, "twice by escape": `{"a":1,"\u0061":2}`, "twice inside": `{"x":[{"a":1,"a":1}]}`,
		"deep": `{"a":` + deep + `}`, "17 deep": `{"a":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`,
		"NUL": `{"a":"\u0000"}`, "NUL in a name": `{"\u0000":1}`, "half a pair": `{"a":"\ud800"}`, "no UTF-8": "{\"a\":\"\xff\"}",
		"huge number": `{"a":1e999}`, "long number": `{"a":` + strings.Repeat("1", 41) + `}`, "tiny number": `{"a":1e-999999}`,
		"comment": `{/* */}`, "NaN": `{"a":NaN}`,
	} {
		if _, err := web.ParseJSON(jsonRequest("application/json", body), web.MaxJSON); !errors.Is(err, web.ErrJSON) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// F10: a member is given once, wherever it is given.
func TestParseJSON_refusesWhatTheQueryRepeats(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]error{"": nil, "b=1": nil, "a=1": web.ErrRepeated, "%61": web.ErrRepeated, "b=1&b=1": web.ErrRepeated} {
		r := jsonRequest("application/json", `{"a":1}`)
		r.URL.RawQuery = query
		if _, err := web.ParseJSON(r, web.MaxJSON); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", query, err, want)
		}
	}
}

func TestParseJSON_refusesOtherTypesAndLargeBodies(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json+x", "application/jsonp"} {
		if _, err := web.ParseJSON(jsonRequest(contentType, `{}`), 10); !errors.Is(err, web.ErrMediaType) || web.StatusOf(err) != http.StatusUnsupportedMediaType {
			t.Errorf("%q: %v", contentType, err)
		}
	}
	large := `{"a":"` + strings.Repeat("x", 20) + `"}`
	if _, err := web.ParseJSON(jsonRequest("application/json", large), 10); !errors.Is(err, web.ErrTooLarge) {
		t.Error(err)
	}
	chunked := jsonRequest("application/json", large)
	chunked.ContentLength = -1
	if _, err := web.ParseJSON(chunked, 10); !errors.Is(err, web.ErrTooLarge) {
		t.Error(err)
	}
	gzip := jsonRequest("application/json", `{}`)
	gzip.Header.Set("Content-Encoding", "gzip")
	if _, err := web.ParseJSON(gzip, 10); !errors.Is(err, web.ErrMediaType) {
		t.Error(err)
	}
}

func FuzzParseJSONObject(f *testing.F) {
	for _, body := range []string{`{}`, `{"a":[1,2,{"b":"\ud83d\ude00"}]}`, `{"a":1,"a":1}`, `{"a":1e5}`, `[`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if object, err := web.ParseJSONObject([]byte(body)); (err == nil) == (object == nil) {
			t.Errorf("%q: %v %v", body, object, err)
		}
	})
}
