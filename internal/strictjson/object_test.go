package strictjson

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func members(raw string, limits Limits) (map[string]string, error) {
	found := map[string]string{}
	err := Object([]byte(raw), limits, func(name string, value []byte) error {
		found[name] = string(value)
		return nil
	})
	return found, err
}

func TestObject_handsOutItsMembers(t *testing.T) {
	t.Parallel()
	got, err := members("\n{ \"a\" : [1, {\"b\": null}],\"\\u00e4#fr\":\"x\" ,\"c\"\t: 1.5e3, \"d\":{\"a\":{}}, \"e\":false } ", Limits{Depth: 3})
	want := map[string]string{"a": `[1, {"b": null}]`, "ä#fr": `"x"`, "c": "1.5e3", "d": `{"a":{}}`, "e": "false"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := members(`{}`, Limits{Depth: 1}); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v of nothing", got, err)
	}
}

func TestObject_refusesWhatReadersDisagreeOn(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "a list": `[]`, "null": `null`, "a text": `"x"`, "half": `{"a":1`, "trailing data": `{} {}`, "trailing text": `{}x`,
		"a byte order mark": "\ufeff{}", "twice": `{"a":1,"a":2}`, "twice by escape": `{"a":1,"\u0061":2}`, "twice inside": `{"x":[{"a":1,"a":1}]}`,
		"deep": `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, "5 deep": `{"a":[[[[]]]]}`,
		"half a pair": `{"a":"\ud800"}`, "half a pair in a name": `{"\udc00":1}`, "no UTF-8": "{\"a\":\"\xff\"}",
		"comment": `{/* */}`, "NaN": `{"a":NaN}`, "a comma too many": `{"a":1,}`, "a leading zero": `{"a":01}`, "single quotes": `{'a':1}`,
	} {
		for _, visit := range []func(string, []byte) error{nil, func(string, []byte) error { return nil }} {
			if err := Object([]byte(body), Limits{Depth: 4}, visit); !errors.Is(err, ErrSyntax) {
				t.Errorf("%s: got %v, want ErrSyntax", name, err)
			}
		}
	}
}

var errNo = errors.New("no")

func TestObject_endsWithTheErrorOfWhoLooks(t *testing.T) {
	t.Parallel()
	if err := Object([]byte(`{"a":1}`), Limits{Depth: 2}, func(string, []byte) error { return errNo }); !errors.Is(err, errNo) {
		t.Errorf("visit: got %v", err)
	}
	for _, body := range []string{`{"bad":1}`, `{"a":["bad"]}`, `{"a":[{"bad":{}}]}`} {
		err := Object([]byte(body), Limits{Depth: 4, Scalar: func(token jsontext.Token) error {
			if token.Kind() == '"' && token.String() == "bad" {
				return errNo
			}
			return nil
		}}, nil)
		if !errors.Is(err, errNo) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// FuzzObject compares with encoding/json: what is accepted here it reads, with the same
// members.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2,{"b":"\ud83d\ude00"}]}`, `{"a":1,"a":1}`, ` { "a" : 1e5 } `, `[`, `{"\u0061":{}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := members(raw, Limits{Depth: 20})
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(raw), &want); err != nil || len(want) != len(got) {
			t.Fatalf("%q: got %v, encoding/json reads %v, %v", raw, got, want, err)
		}
		for name, value := range want {
			if string(value) != got[name] {
				t.Errorf("%q: %s is %s, want %s", raw, name, got[name], value)
			}
		}
	})
}
