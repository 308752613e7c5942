package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestEmit_writesWhatIsReadBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "plain", "yes", "No", "NULL", "~", "1", "1e3", "0x1f", "1990-04-01", "+4930123456", "a: b", "a #b", "#a", "- a", "&a", "*a",
		"!x", "|", ">", "@a", "`a`", "%a", "{a}", "[a]", "a,b", "\"q\"", "'q'", "back\\slash", "line\nbreak\n", "\ttab", " lead", "trail ",
		"Zoë", "日本", "😀", "\u2028", "\u0085", "\x7f", "https://a.example/?x=1&y=<2>#f", ".inf", ".nan", "<<", "=", "0o7", "1_000", "12:30:45",
	} {
		roundTrip(t, text)
	}
}

func FuzzEmit(f *testing.F) {
	f.Add("a: b")
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			roundTrip(t, text)
		}
	})
}

// roundTrip writes text in every position and reads it back.
func roundTrip(t *testing.T, text string) {
	t.Helper()
	object := mapping{{"in", text}, {"off", false}, {"none", list{}}}
	in := mapping{
		{"a", mapping{{"value", text}, {"z", "z"}}},
		{"b", list{text, "z"}},
		{"c", list{mapping{{"value", text}, {"z", list{text}}}}},
		{"d", raw(flowJSON(object))},
		{"e" + text, "z"},
	}
	var l log
	root := parse([]byte(emitted(in)), &l)
	if len(l.list) > 0 || root == nil {
		t.Fatalf("%q is written as %s, which cannot be read: %v", text, emitted(in), l.list)
	}
	want := map[string]any{
		"a": map[string]any{"value": text, "z": "z"}, "b": []any{text, "z"},
		"c": []any{map[string]any{"value": text, "z": []any{text}}},
		"d": map[string]any{"in": text, "off": false, "none": []any{}}, "e" + text: "z",
	}
	if text == "" { // is left out
		want["a"] = map[string]any{"z": "z"}
		want["c"] = []any{map[string]any{"z": []any{""}}}
	}
	if diff := cmp.Diff(want, root.plain()); diff != "" {
		t.Errorf("%q through\n%s(-want +got):\n%s", text, emitted(in), diff)
	}
}

func TestEmit_leavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	got := emitted(mapping{
		{"slug", "a"},
		{"host", ""},
		{"disabled", false},
		{"users", list(nil)},
		{"settings", mapping(nil)},
		{"max", json.Number("0")},
		{"clients", list{mapping{{"id", ""}, {"name", "x"}, {"up", true}}}},
	})
	want := "slug: a\nmax: 0\nclients:\n  - name: x\n    up: true\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeJSON_keepsTheOrder(t *testing.T) {
	t.Parallel()
	const doc = `{"z":1,"a":[true,null,{"y":"x","b":1.50}]}`
	v, err := decodeJSON([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(flowJSON(v))); err != nil || compact.String() != doc {
		t.Errorf("%s, %v", compact.String(), err)
	}
}

// emitted is what emit writes.
func emitted(m mapping) string {
	var b strings.Builder
	_ = emit(&b, m) // nothing of it is lazy
	return b.String()
}
