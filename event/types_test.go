package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write the golden files of events that have none, or others")

// A golden is an event as it is stored, and what it ends.
type golden struct {
	Type       Type            `json:"type"`
	EndsTokens bool            `json:"ends_tokens"`
	Data       json.RawMessage `json:"data,omitempty"`
}

// samples are values of members, by their name in JSON.
var samples = map[string]any{
	"client_id": "demo-web", "client_name": "Demo web app", "redirect_host": "app.example.com", "path": PathSession,
	"acr": "urn:plinto:acr:password", "demanded": "no_session", "alg": "ES256", "user": "user_01kb2x4m00fbqr8z3v0c5t9e1d",
	"jti": "b0f1c2d3", "first_ip": "203.0.113.7", "registration": "open", "subjects": "changed", "reason": "client_request",
	"amr": []string{"pwd"}, "acr_values": []string{"urn:plinto:acr:password"}, "scopes": []string{"openid", "profile"},
	"resources": []string{"https://api.example.com"}, "fields": []string{"name", "email"},
}

// sample returns a fact of the same type with every field set.
func sample(t *testing.T, zero Fact) Fact {
	t.Helper()
	v := reflect.New(reflect.TypeOf(zero)).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if value, known := samples[name]; known && reflect.TypeOf(value) == f.Type() {
			f.Set(reflect.ValueOf(value))
			continue
		}
		switch f.Interface().(type) {
		case uuid.UUID:
			f.Set(reflect.ValueOf(uuid.MustParse("01935a5c-0000-7000-8000-00000000000" + string(rune('1'+i)))))
		case SessionEnd:
			f.SetString(string(SessionLoggedOut))
		case string:
			f.SetString(strings.ToLower(v.Type().Field(i).Name))
		case []string:
			f.Set(reflect.ValueOf([]string{"one", "two"}))
		case int:
			f.SetInt(int64(i + 2))
		case bool:
			f.SetBool(true)
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 11, 29, 4, 5, 6, 0, time.UTC)))
		default:
			t.Fatalf("%s: no sample of field %s", zero.Type(), v.Type().Field(i).Name)
		}
	}
	return v.Interface().(Fact)
}

// What was stored yesterday is read tomorrow: a change of a golden file is a change of
// what webhooks, the audit log and queued jobs say.
func TestFacts_areStoredAsTheirGoldenFilesSay(t *testing.T) {
	t.Parallel()
	files := map[string]bool{}
	for _, zero := range Types() {
		want := sample(t, zero)
		data, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(golden{zero.Type(), EndsTokens(zero), data}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", string(zero.Type())+".json")
		files[file] = true
		if text = append(text, '\n'); *update {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s has no golden file (go test ./event -update): %v", zero.Type(), err)
			continue
		}
		if !bytes.Equal(stored, text) {
			t.Errorf("%s differs (-golden +got):\n%s", file, cmp.Diff(string(stored), string(text)))
		}
		var g golden
		if err := json.Unmarshal(stored, &g); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(g.Type, g.Data); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: read %+v, %v, want %+v", file, got, err, want)
		}
	}
	found, err := filepath.Glob("testdata/*.json")
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	for _, file := range found {
		if !files[file] {
			t.Errorf("%s is of no event in Types", file)
		}
	}
}

// Each exported struct with a Type method is in the list of its file, or nobody could read
// it back from the database.
func TestTypes_areAllRegistered(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, file := range sources {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			declared += strings.Count(string(text), ") Type() Type { return \"")
		}
	}
	if declared != len(Types()) || declared < 40 {
		t.Errorf("%d facts are declared, %d are registered", declared, len(Types()))
	}
}

func TestDecode_refusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind Type
		data string
	}{
		"another version's type": {"user.teleported", `{}`},
		"not an object":          {SessionEnded{}.Type(), `7`},
		"not an id":              {SessionEnded{}.Type(), `{"session_id": "x"}`},
	} {
		if f, err := Decode(c.kind, []byte(c.data)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %+v, %v, want ErrUnreadable", name, f, err)
		}
	}
	f, err := Decode(UserUpdated{}.Type(), []byte(`{"fields": ["name"], "of_a_newer_version": 1}`))
	if want := (UserUpdated{Fields: []string{"name"}}); err != nil || !cmp.Equal(f, Fact(want)) {
		t.Errorf("got %+v, %v, want %+v", f, err, want)
	}
}

// A fact that does not say otherwise ends tokens: to forget it must not keep a dead token
// alive.
func TestEndsTokens_isTrueUnlessTheFactSaysOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact Fact
		want bool
	}{{unsaid{}, true}, {UserDisabled{}, true}, {GrantRevoked{}, true}, {SessionEnded{}, true}, {SignInSucceeded{}, false}} {
		if got := EndsTokens(c.fact); got != c.want {
			t.Errorf("%s: got %v, want %v", c.fact.Type(), got, c.want)
		}
	}
}

type unsaid struct{}

func (unsaid) Type() Type { return "unsaid" }

func TestSubscription_wantsItsTypesAndWhatItChooses(t *testing.T) {
	t.Parallel()
	s := Subscription{Types: []Fact{SignInSucceeded{}, UserDisabled{}}, When: func(e *Event) bool { return e.Reason == "" }}
	for name, c := range map[string]struct {
		e    Event
		want bool
	}{
		"a type":       {Event{Fact: SignInSucceeded{NewDevice: true}}, true},
		"another type": {Event{Fact: UserEnabled{}}, false},
		"not chosen":   {Event{Fact: UserDisabled{}, Reason: "r"}, false},
	} {
		if got := s.Wants(&c.e); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
