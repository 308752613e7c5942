package manifest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/tenant"
)

// filled sets every field below v to something other than its zero value.
func filled(t *testing.T, v reflect.Value) {
	t.Helper()
	switch of := v.Addr().Interface().(type) {
	case *tenant.Duration:
		*of = tenant.Duration(time.Minute)
		return
	case *json.RawMessage:
		*of = json.RawMessage(`{"keys":["a"]}`)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(t, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			filled(t, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString("en")
		filled(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("a: b")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	default:
		t.Fatalf("a setting of the type %s: teach this test about it", v.Type())
	}
}

// Whatever is added to the settings is read, exported and compared without more.
func TestSettings_areAllReadExportedAndCompared(t *testing.T) {
	t.Parallel()
	var want tenant.Settings
	filled(t, reflect.ValueOf(&want).Elem())
	written, err := exportSettings(want)
	if err != nil {
		t.Fatal(err)
	}
	var l log
	var got tenant.Settings
	(&decoder{&l}).into(parse([]byte(emitted(written)), &l), &got)
	if diff := cmp.Diff(want, got); diff != "" || len(l.list) > 0 {
		t.Errorf("exported and read (-want +got):\n%s\n%v", diff, l.list)
	}
	changed := differences(tenantView(&tenant.Tenant{}), tenantView(&tenant.Tenant{Settings: want}))
	if fields := reflect.TypeFor[tenant.Settings]().NumField(); len(changed) != fields {
		t.Errorf("%d differences, want one for each of %d settings: %v", len(changed), fields, changed)
	}
}

func TestSettings_refuseNegativeDurations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"access_token_ttl", "refresh_grace", "remember_ttl"} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {"+name+": -1m}}]"))
		if err == nil || !strings.Contains(err.Error(), name+": must not be negative") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// 0s of the grace is none, and no default: it is stored, exported and told apart from what is not there.
func TestRefreshGrace_ofZeroIsNone(t *testing.T) {
	t.Parallel()
	m, warnings, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {refresh_grace: 0s}}]"))
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Message, "once") {
		t.Fatalf("got %v, %v", warnings, err)
	}
	none := m.Tenants[0].Settings
	if none.RefreshGrace == nil || none.Grace() != 0 || (&tenant.Settings{}).Grace() != tenant.DefaultRefreshGrace {
		t.Errorf("grace %v of 0s, %v of nothing", none.Grace(), (&tenant.Settings{}).Grace())
	}
	written, err := exportSettings(none)
	if err != nil || !strings.Contains(emitted(written), `refresh_grace: "0s"`) {
		t.Errorf("exported as %s, %v", emitted(written), err)
	}
	if changed := differences(tenantView(&tenant.Tenant{}), tenantView(&tenant.Tenant{Settings: none})); len(changed) != 1 {
		t.Errorf("compared with the default: %v", changed)
	}
}

func TestACRLevels_thatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	eleven := "[" + strings.Repeat("{acr: a, amr: [pwd]}, ", 11) + "]"
	for levels, want := range map[string]string{
		`[{acr: a, amr: [pwd]}, {acr: a, amr: [pwd]}]`: `acr_levels[1].acr: the level "a" is declared twice`,
		`[{amr: [pwd]}]`:                                        "acr_levels[0].acr: must be 1 to 128",
		`[{acr: "", amr: [pwd]}]`:                               "acr_levels[0].acr: must be 1 to 128",
		`[{acr: "a b", amr: [pwd]}]`:                            "acr_levels[0].acr: must be 1 to 128",
		`[{acr: "a\n", amr: [pwd]}]`:                            "acr_levels[0].acr: must be 1 to 128",
		`[{acr: ` + strings.Repeat("a", 129) + `, amr: [pwd]}]`: "acr_levels[0].acr: must be 1 to 128",
		`[{acr: a}]`:                                            "acr_levels[0].amr: must list",
		`[{acr: a, amr: []}]`:                                   "acr_levels[0].amr: must list",
		`[{acr: a, amr: [pwd, pwd]}]`:                           `acr_levels[0].amr[1]: the method "pwd" is declared twice`,
		`[{acr: a, amr: [kba]}]`:                                `acr_levels[0].amr[0]: no sign-in here can prove "kba", so nobody could reach the level; Plinto knows pwd, email, fed, otp, hwk, swk, user, mfa`,
		`[{acr: a, amr: [pwd, otp]}, {acr: b, amr: [pwd]}]`:     `acr_levels[1]: is above "a" and takes less`,
		`[{acr: a, amr: pwd}]`:                                  "acr_levels[0].amr: must be a list",
		`[{acr: a, amr: [pwd], loa: 1}]`:                        "acr_levels[0].loa: is unknown",
		`{a: [pwd]}`:                                            "acr_levels: must be a list",
		eleven:                                                  "acr_levels: must be at most 10 levels",
	} {
		_, _, err := Parse("x.yaml", []byte("tenants:\n  - slug: a\n    settings:\n      acr_levels: "+levels))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", levels, err, want)
		}
	}
	for _, levels := range []string{"[]", "[{acr: a, amr: [pwd]}]", `[{acr: "urn:a", amr: [pwd]}, {acr: "https://b.example/", amr: [pwd]}]`} {
		if _, warnings, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {acr_levels: "+levels+"}}]")); err != nil || len(warnings) > 0 {
			t.Errorf("%s: got %v %v, want it taken", levels, warnings, err)
		}
	}
}

func TestACRLevels_thatAClientNamesAreChecked(t *testing.T) {
	t.Parallel()
	for levels, want := range map[string]int{"": 1, "acr_levels: [{acr: gold, amr: [pwd]}]": 0} {
		_, warnings, err := Parse("x.yaml", []byte(`
tenants:
  - slug: a
    settings: {`+levels+`}
    clients: [{client_id: c, redirect_uris: ["https://a.example/cb"], default_acr_values: [gold]}]`))
		if err != nil || len(warnings) != want {
			t.Errorf("levels %q: got %v, %v; want %d warnings", levels, warnings, err, want)
		}
	}
}

func TestMail_thatCannotBeSentIsRefusedWhereItStands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{from: nobody}": "x.yaml:1:45: tenants[0].settings.mail.from: must be a sender",
		"{texts: {en: {password.changed.subject: \"{code}\"}}}": "settings.mail.texts.en.password.changed.subject: holds {code}",
		"{texts: {en: [a]}}": "settings.mail.texts.en: must be",
		"{sender: a}":        "settings.mail.sender: is unknown",
	} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {mail: "+text+"}}]"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestContacts_thatCannotBeToldAreRefusedWhereTheyStand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[ops]":                                            "x.yaml:1:43: tenants[0].settings.contacts[0]: must be an address",
		`["Ops <ops@example.com>"]`:                        "settings.contacts[0]: must be an address",
		`["a@example.com\r\nBcc: b@c.de"]`:                 "settings.contacts[0]: must be an address",
		"[a@example.com, a@EXAMPLE.com]":                   "settings.contacts[1]: the contact",
		"[a@b.de, b@b.de, c@b.de, d@b.de, e@b.de, f@b.de]": "settings.contacts: must be at most 5 addresses",
		"ops@example.com":                                  "settings.contacts: must be a list",
	} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {contacts: "+text+"}}]"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {contacts: [ops@example.com, dev@example.com]}}]")); err != nil {
		t.Error(err)
	}
}

func TestDevices_thatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for devices, want := range map[string]string{
		"{check: always}":       "settings.devices.check: must be on or off",
		"{unreachable: maybe}":  "settings.devices.unreachable: must be refuse or allow",
		"{remember: never}":     "settings.devices.remember: must be on or off",
		"{remember_for: 1m}":    "settings.devices.remember_for: must be from 1h0m0s to 8760h0m0s",
		"{remember_for: 9000h}": "settings.devices.remember_for: must be from",
		"{checks: 'on'}":        "settings.devices.checks: is unknown",
		"":                      "settings.email_sign_in: must be on or off",
		"{check: 'off', unreachable: allow, remember: 'off', remember_for: 24h}": "",
	} {
		devices = "{devices: " + devices + "}"
		if strings.HasPrefix(want, "settings.email_sign_in") {
			devices = "{email_sign_in: always}"
		}
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: "+devices+"}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", devices, err, want)
		}
	}
}

func TestMFA_thatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for mfa, want := range map[string]string{
		"{policy: always}":                                               "settings.mfa.policy: must be off, optional or required",
		"{required_for: [a, a]}":                                         `settings.mfa.required_for[1]: the client "a" is declared twice`,
		"{required_for: ['']}":                                           "settings.mfa.required_for[0]: must be the client_id",
		"{policy: 'off', required_for: [a]}":                             "settings.mfa.required_for: cannot be required while policy is off",
		"{passkeys: never}":                                              "settings.mfa.passkeys: must be off, unoffered or offered",
		"{silent_passkeys: maybe}":                                       "settings.mfa.silent_passkeys: must be on or off",
		"{passkey_host: 'a.example:8443'}":                               "settings.mfa.passkey_host: must be a domain",
		"{passkey_hosts: ['https://a.example']}":                         "settings.mfa.passkey_hosts[0]: must be a domain",
		"{passkey_hosts: [a.example, a.example]}":                        `settings.mfa.passkey_hosts[1]: the host "a.example" is declared twice`,
		"{passkey_hosts: [a.com, b.com, c.com, d.com, e.com]}":           "settings.mfa.passkey_hosts: browsers look at 5 different names",
		"{passkey_hosts: [a.com, a.co.uk, 'x.a.de:8443', b.com, c.com]}": "",
		"{authenticators: [cb69481e-8ff7-4039-93ec-0a2729a154a8]}":       "settings.mfa.authenticators: need attestation: direct",
		"{attestation: direct, authenticators: [YubiKey]}":               "settings.mfa.authenticators[0]: must be an AAGUID",
		"{attestation: enterprise}":                                      "settings.mfa.attestation: must be none or direct",
		"{policies: required}":                                           "settings.mfa.policies: is unknown",
		"{policy: required, required_for: [a, b]}":                       "",
	} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {mfa: "+mfa+"}}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", mfa, err, want)
		}
	}
}

func TestPasswordPolicy_thatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"password: {min_length: 7}":                               "settings.password.min_length: must be from 8 to 64 characters",
		"password: {min_length: 65}":                              "settings.password.min_length: must be from 8 to 64 characters",
		"password: {min_length_with_factor: 7}":                   "settings.password.min_length_with_factor: must be from 8 to 64 characters",
		"password: {min_length_with_factor: 16}":                  "settings.password.min_length_with_factor: must not be more than min_length, which is 15",
		"password: {min_score: 5}":                                "settings.password.min_score: must be from 1 to 4",
		"password: {removable: yes}":                              "settings.password.removable: must be off, passkey or two_ways",
		"password: {breached: maybe}":                             "settings.password.breached: must be off, flag, step_up or change",
		"password: {history: 11}":                                 "settings.password.history: must be from 0 to 10 passwords",
		"password: {breached: step_up}, mfa: {policy: 'off'}":     "settings.password.breached: cannot be step_up while mfa.policy is off",
		"password: {capitals: 1}":                                 "settings.password.capitals: is unknown",
		"password: {min_length: 8, breached: change, history: 5}": "",
	} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {"+settings+"}}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", settings, err, want)
		}
	}
}
