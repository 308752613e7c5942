package mail

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/event"
	"plinto/tenant"
)

var update = flag.Bool("update", false, "write the table of texts in docs/mail.md")

func TestLetters_haveTheSenderAndTextsOfTheTenant(t *testing.T) {
	t.Parallel()
	of := &tenant.Tenant{Name: "Acme", Settings: tenant.Settings{Mail: tenant.Mail{
		From: "Acme <id@acme.example>", ReplyTo: "support@acme.example",
		Texts: map[string]map[string]string{"de": {"password.changed.subject": "Neues Passwort bei {tenant}", "greeting.name": "Hallo {name}!", "fact": "{name} = {value}"}},
	}}}
	if problems := Check(of.Settings.Mail); len(problems) > 0 {
		t.Fatal(problems)
	}
	for lang, want := range map[string][]string{
		"de": {"Neues Passwort bei Acme", "Hallo Alice!", "IP-Adresse = 203.0.113.7", "wurde geändert"},
		"en": {"Your Acme password was changed", "Hello Alice,", "IP address: 203.0.113.7"},
	} {
		k := &kept{}
		n := notifier(k, Recipient{Email: "alice@example.com", Name: "Alice", Lang: lang})
		if err := n.Handle(tenant.With(t.Context(), of), event.Event{Fact: event.PasswordChanged{}, IP: "203.0.113.7", OccurredAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		m := k.messages[0]
		for _, text := range want {
			if !strings.Contains(m.Subject+"\n"+m.Text, text) {
				t.Errorf("%s: %q is not in %s\n%s", lang, text, m.Subject, m.Text)
			}
		}
		msg, err := m.compose("Plinto <id@plinto.example>")
		if err != nil {
			t.Fatal(err)
		}
		var written strings.Builder
		if _, err := msg.WriteTo(&written); err != nil {
			t.Fatal(err)
		}
		for _, header := range []string{`From: "Acme" <id@acme.example>`, "Reply-To: <support@acme.example>", "@acme.example>"} {
			if !strings.Contains(written.String(), header) {
				t.Errorf("no %s in %s", header, written.String())
			}
		}
	}
}

func TestCheck_refusesWhatALetterCannotBe(t *testing.T) {
	t.Parallel()
	text := func(key, text string) tenant.Mail {
		return tenant.Mail{Texts: map[string]map[string]string{"en": {key: text}}}
	}
	for name, c := range map[string]struct {
		mail tenant.Mail
		path string // of the problem; "" for none
	}{
		"nothing":                      {tenant.Mail{}, ""},
		"a name with a line break":     {tenant.Mail{From: "A\r\nBcc: x@example.com <id@example.com>"}, "from"},
		"two senders":                  {tenant.Mail{From: "a@example.com, b@example.com"}, "from"},
		"a reply to nobody":            {tenant.Mail{ReplyTo: "support"}, "reply_to"},
		"a language there is not":      {tenant.Mail{Texts: map[string]map[string]string{"xx": {}}}, "texts.xx"},
		"a key there is not":           {text("greetings", "x"), "texts.en.greetings"},
		"the months":                   {text("months", "x"), "texts.en.months"},
		"an empty text":                {text("greeting", " "), "texts.en.greeting"},
		"a line break":                 {text("password.changed.subject", "a\r\nBcc: x@example.com"), "texts.en.password.changed.subject"},
		"a long text":                  {text("greeting", strings.Repeat("x", maxText+1)), "texts.en.greeting"},
		"a value there is not":         {text("sign_up.code.says", "{code}"), "texts.en.sign_up.code.says"},
		"a fact without its value":     {text("fact", "{name}"), "texts.en.fact"},
		"the tenant, where it was not": {text("greeting", "Hello from {tenant},"), ""},
	} {
		problems := Check(c.mail)
		if c.path == "" && len(problems) > 0 || c.path != "" && (len(problems) != 1 || strings.Join(problems[0].Path, ".") != c.path) {
			t.Errorf("%s: got %v, want one at %q", name, problems, c.path)
		}
	}
}

func TestDevice_isNamedAsPeopleKnowIt(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0":                                                        "Firefox on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":                   "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1": "Safari on iOS",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36":                         "Chrome on Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0":           "Edge on Windows",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36":                                   "Chrome on Linux",
		"curl/8.9.1":                         "curl/8.9.1",
		"Acme-confirmed-this-is-you/1.0 (x)": "Acme-confirmed-this-is-you/1.0 (x)",
		"":                                   "",
	} {
		v := newView(&tenant.Tenant{Name: "Acme"}, "en", "")
		if got := v.device(agent); got != want {
			t.Errorf("%s: got %q, want %q", agent, got, want)
		}
	}
	de := newView(&tenant.Tenant{}, "de", "")
	if got := de.device("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"); got != "Firefox unter Linux" {
		t.Errorf("got %q", got)
	}
}

func TestDocs_listTheTextsOfLetters(t *testing.T) {
	t.Parallel()
	const page, mark = "../../docs/mail.md", "|---|---|\n"
	stored, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(stored), mark)
	var rows strings.Builder
	for _, key := range slices.Sorted(maps.Keys(englishTexts(t))) {
		if key != "months" {
			fmt.Fprintf(&rows, "| `%s` | %s |\n", key, texts.Text(0, key))
		}
	}
	want := head + mark + rows.String()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(stored) {
		t.Error("the table of docs/mail.md is not what the texts are: go test ./event/mail -update")
	}
}

func englishTexts(t *testing.T) (all map[string]string) {
	t.Helper()
	raw, err := localeFiles.ReadFile("locales/en.json")
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
