package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/event/audit"
	"plinto/identity"
	"plinto/organization/apikey"
	"plinto/ui"
)

// ownData is what is kept of a user, as they download it. It holds no secret: nothing in it signs
// anybody in.
type ownData struct {
	MadeAt        time.Time        `json:"made_at"`
	ID            string           `json:"id"`
	Username      string           `json:"username,omitempty"`
	CreatedAt     time.Time        `json:"created_at"`
	Profile       identity.Profile `json:"profile"`
	Emails        []ownEmail       `json:"emails"`
	Password      bool             `json:"has_password"`
	RecoveryCodes int              `json:"recovery_codes_left"`
	Factors       []ownThing       `json:"second_factors"`
	Sessions      []ownPlace       `json:"sessions"`
	Browsers      []ownPlace       `json:"known_browsers"`
	Apps          []ownApp         `json:"connected_apps"`
	APIKeys       []ownThing       `json:"api_keys"`
	Activity      []ownEvent       `json:"activity"`
	Identities    []ownIdentity    `json:"identities"`
}

type ownEmail struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// An ownThing is something that a user made and named.
type ownThing struct {
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

// An ownIdentity is an account at an identity provider that signs the user in.
type ownIdentity struct {
	Provider   string     `json:"provider"` // as its button calls it
	Issuer     string     `json:"issuer"`
	Subject    string     `json:"subject"`
	Label      string     `json:"label"` // how the provider called the account
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

// An ownPlace is where somebody is, or was, signed in.
type ownPlace struct {
	UserAgent string     `json:"user_agent"`
	Address   string     `json:"ip_address"`
	Since     *time.Time `json:"since,omitempty"`
	LastUsed  time.Time  `json:"last_used_at"`
}

type ownApp struct {
	Name     string    `json:"name"`
	Offline  bool      `json:"offline"`
	Scopes   []string  `json:"scopes,omitempty"`
	LastUsed time.Time `json:"last_used_at,omitzero"`
}

type ownEvent struct {
	At        time.Time `json:"at"`
	Type      string    `json:"type"`
	Address   string    `json:"ip_address,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
}

// maxOwnEvents bounds the events in one download: the newest.
const maxOwnEvents = 1000

// AskData serves GET /account/data.
func AskData(_ context.Context, v *visit) error {
	return v.render(http.StatusOK, ui.AccountData(ui.AccountDataView{AccountFrame: v.frame(ui.SectionProfile)}))
}

// Data serves POST /account/data: a file with everything that is kept of the user.
func Data(ctx context.Context, v *visit) error {
	ctx = v.display(ctx)
	d := ownData{
		MadeAt: v.Now().UTC(), ID: v.user.PublicID(), Username: v.user.Username, CreatedAt: v.user.CreatedAt.UTC(), Profile: v.user.Profile,
		Emails: []ownEmail{}, Factors: []ownThing{}, Sessions: []ownPlace{}, Browsers: []ownPlace{}, Apps: []ownApp{}, APIKeys: []ownThing{}, Activity: []ownEvent{},
		Identities: []ownIdentity{},
	}
	for _, add := range []func(context.Context, *ownData) error{v.addEmails, v.addFactors, v.addPlaces, v.addApps, v.addAPIKeys, v.addActivity, v.addIdentities} {
		if err := add(ctx, &d); err != nil {
			return fmt.Errorf("collect own data: %w", err)
		}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("encode own data: %w", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="account.json"`)
	h.Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusOK)
	_, err = v.w.Write(text)
	return err
}

// used is a time, or nil of one that never was.
func used(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (v *visit) addEmails(ctx context.Context, d *ownData) error {
	all, err := v.Addresses.List(ctx, &v.user)
	for i := range all {
		d.Emails = append(d.Emails, ownEmail{all[i].Address, all[i].Primary, all[i].Verified})
	}
	return err
}

func (v *visit) addFactors(ctx context.Context, d *ownData) error {
	held, err := v.Account.FactorsOf(ctx, &v.user)
	d.Password, d.RecoveryCodes = held.Password, held.Codes
	for i := range held.Passkeys {
		p := &held.Passkeys[i]
		d.Factors = append(d.Factors, ownThing{"passkey", p.Name, p.CreatedAt.UTC(), used(p.UsedAt)})
	}
	for i := range held.TOTP {
		f := &held.TOTP[i]
		d.Factors = append(d.Factors, ownThing{"authenticator_app", f.Name, f.CreatedAt.UTC(), used(f.UsedAt)})
	}
	return err
}

func (v *visit) addPlaces(ctx context.Context, d *ownData) error {
	sessions, err := v.Account.SessionsOf(ctx, &v.user)
	if err != nil {
		return err
	}
	for i := range sessions {
		s := &sessions[i]
		d.Sessions = append(d.Sessions, ownPlace{s.Agent, s.IP, used(s.CreatedAt), s.SeenAt.UTC()})
	}
	known, err := v.Devices.List(ctx, v.user.ID)
	for i := range known {
		d.Browsers = append(d.Browsers, ownPlace{known[i].Agent, known[i].IP, nil, known[i].UsedAt.UTC()})
	}
	return err
}

func (v *visit) addApps(ctx context.Context, d *ownData) error {
	connected, err := v.Connections.Of(ctx, v.user.ID)
	for i := range connected {
		shown := appView(&connected[i])
		app := ownApp{Name: shown.Name, Offline: shown.Offline, LastUsed: shown.LastUse.UTC()}
		for _, s := range shown.Scopes {
			app.Scopes = append(app.Scopes, s.Name)
		}
		d.Apps = append(d.Apps, app)
	}
	return err
}

func (v *visit) addAPIKeys(ctx context.Context, d *ownData) error {
	all, err := v.APIKeys.List(ctx, v.user.ID, uuid.Nil, apikey.MaxOfUser)
	for i := range all {
		k := &all[i]
		d.APIKeys = append(d.APIKeys, ownThing{"api_key", k.Name, k.CreatedAt.UTC(), used(k.UsedAt)})
	}
	return err
}

func (v *visit) addIdentities(ctx context.Context, d *ownData) error {
	all, err := v.SignIns.Of(ctx, v.user.ID)
	for i := range all {
		of := &all[i]
		d.Identities = append(d.Identities, ownIdentity{of.Name, of.Issuer, of.Subject, of.Label, of.CreatedAt.UTC(), used(of.UsedAt)})
	}
	return err
}

func (v *visit) addActivity(ctx context.Context, d *ownData) error {
	records, err := v.Activity.Own(ctx, audit.Filter{
		Types: ui.Activities(), Subject: v.user.PublicID(), Since: v.Now().AddDate(0, 0, -activityDays), Limit: maxOwnEvents,
	})
	for i := range records {
		r := &records[i]
		d.Activity = append(d.Activity, ownEvent{r.OccurredAt.UTC(), r.Type, r.IP, r.UserAgent})
	}
	return err
}
