package invitation_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
)

type world struct {
	*plintotest.Server
	t             *testing.T
	ctx           context.Context //nolint:containedctx // a test is one context
	owner         *pgx.Conn
	client        *provider.Client
	organizations *organization.Service
	invitations   *invitation.Service
	acme          organization.Organization
	sent          map[string]int // invitations that were mailed, by address
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, sent: map[string]int{}}
	database, owner := storagetest.URL(t)
	w.owner = storagetest.Owner(t, owner)
	w.Server = plintotest.Start(t, plintotest.Options{Mail: true, Database: database}) // sign-up is off
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty, func(c *provider.Client) {
		c.InitiateLoginURI = "https://rp.example/start?x=1"
	})
	w.ctx = event.WithActor(w.In(), event.Actor{Type: "operator"})
	s := w.Store
	w.organizations = &organization.Service{Organizations: s.Organizations, Writes: s.Organizations, Roles: &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB}, Outbox: s.Outbox, Tx: s.DB}
	var err error
	w.invitations, err = invitation.New(w.Root, invitation.Service{
		Invitations: s.Invitations, Organizations: s.Organizations, Members: s.Organizations, Users: s.Users, Limiter: s.Limiter,
		Client: func(context.Context, string) error { return nil }, Outbox: s.Outbox, Tx: s.DB,
	})
	must(t, err)
	w.acme, err = w.organizations.Create(w.ctx, organization.Organization{Slug: "acme", Name: "Acme <b>Inc.</b>"})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// invite invites an address and returns the link of the mail.
func (w *world) invite(email string, change ...func(*invitation.Spec)) (invitation.Invitation, string) {
	w.t.Helper()
	spec := invitation.Spec{Organization: w.acme.ID, Email: email, Roles: []string{"member"}, Lang: "en"}
	for _, c := range change {
		c(&spec)
	}
	i, err := w.invitations.Create(w.ctx, spec)
	must(w.t, err)
	return i, w.linkOf(w.nth(email))
}

// nth waits for the next mail to an address that invites. Others, such as the one about a sign-in in a
// new browser, may come between.
func (w *world) nth(email string) mailcatcher.Mail {
	w.t.Helper()
	for {
		w.sent[email]++
		if m := w.Mailed(email, w.sent[email]); linkPattern.MatchString(m.Text) {
			return m
		}
	}
}

var linkPattern = regexp.MustCompile(`https?://\S+/invitation\?token=\S+`)

func (w *world) linkOf(m mailcatcher.Mail) string {
	w.t.Helper()
	found := linkPattern.FindString(m.Text)
	if found == "" || !strings.Contains(m.HTML, `href="`+found+`"`) {
		w.t.Fatalf("no link in %s\n%s", m.Text, m.HTML)
	}
	return found
}

// roles returns those that a user has in the organization; nil when they are no member.
func (w *world) roles(user uuid.UUID) []string {
	w.t.Helper()
	m, err := w.organizations.Member(w.ctx, w.acme.ID, user)
	if errors.Is(err, organization.ErrNoMember) {
		return nil
	}
	must(w.t, err)
	return m.Roles
}

// signedIn returns a browser in which a user is signed in.
func (w *world) signedIn(email string) *plintotest.Browser {
	w.t.Helper()
	b := w.Browser()
	if b.SignIn(w.AuthorizeURL(w.client, nil), email).Get("code") == "" {
		w.t.Fatalf("%s is not signed in", email)
	}
	return b
}

func (w *world) told(of event.Fact) (n int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, string(of.Type())).Scan(&n))
	return n
}

func says(p *plintotest.Page) string {
	if p.Doc == nil {
		return "no page"
	}
	return p.Doc.Find("main").Text()
}

func has(p *plintotest.Page, selector string) bool {
	return p.Doc != nil && p.Doc.Find(selector).Length() == 1
}

// Whoever has an account is written to in their language, unless who invites names another; others in the tenant's.
func TestInvitation_isInTheLanguageOfWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.User(alice)
	_, err := w.Directory().Update(w.In(), event.Actor{Type: "system"}, u.ID, func(u *identity.User) { u.Profile.Locale = "fr" })
	must(t, err)
	for _, c := range []struct{ email, lang, want string }{{alice, "", "fr"}, {bob, "", "en"}, {"carol@example.com", "ja", "ja"}} {
		w.invite(c.email, func(spec *invitation.Spec) { spec.Lang = c.lang })
		if m := w.Mailed(c.email, w.sent[c.email]); !strings.Contains(m.HTML, `<html lang="`+c.want+`"`) {
			t.Errorf("%s, invited in %q: %s", c.email, c.lang, m.Subject)
		}
	}
}

// ORG-02: opening the link changes nothing, however often.
func TestInvitation_isAcceptedWithOnePress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.User(alice)
	inviter := w.Make(identity.User{Email: "boss@acme.example", Profile: identity.Profile{Name: "Bo <i>Boss</i>"}})
	_, link := w.invite(alice, func(s *invitation.Spec) { s.Inviter, s.ClientID = inviter.ID, w.client.ClientID })
	mail := w.Mailed(alice, 1)
	if !strings.Contains(mail.Text, "Acme <b>Inc.</b>") || strings.Contains(mail.HTML, "<b>Inc.") || !strings.Contains(mail.Text, "Bo <i>Boss</i>") || strings.Contains(mail.HTML, "<i>Boss") {
		t.Errorf("the mail says\n%s\n%s", mail.Text, mail.HTML)
	}
	b := w.signedIn(alice)
	var p *plintotest.Page
	for range 3 {
		p = b.Open(link)
		if p.Status != http.StatusOK || p.URL.RawQuery != "" || !has(p, "button[value=accept]") || !strings.Contains(says(p), "Bo <i>Boss</i>") || !strings.Contains(says(p), "member") {
			t.Fatalf("%s: %d %s", p.URL, p.Status, says(p))
		}
	}
	if w.roles(user.ID) != nil || w.told(event.InvitationAccepted{}) != 0 {
		t.Fatal("looking accepted it")
	}
	done := p.Submit("submit", nil)
	to, err := url.Parse(done.Doc.Find("#continue").AttrOr("href", ""))
	if err != nil || to.Host != "rp.example" || to.Query().Get("x") != "1" || to.Query().Get("iss") != w.Issuer() || to.Query().Get("login_hint") != alice {
		t.Errorf("%d leads to %v, %v", done.Status, to, err)
	}
	if got := w.roles(user.ID); !slices.Equal(got, []string{"member"}) || w.told(event.InvitationAccepted{}) != 1 || w.told(event.OrganizationMemberSet{}) != 1 {
		t.Errorf("roles %q, %d events", got, w.told(event.InvitationAccepted{}))
	}
	if p := b.Open(link); !strings.Contains(says(p), "already accepted") {
		t.Errorf("again: %s", says(p))
	}
	if p := p.Submit("submit", nil); p.Status != http.StatusConflict || w.told(event.InvitationAccepted{}) != 1 {
		t.Errorf("the form again: %d %s", p.Status, says(p))
	}
}

// Where the application of an invitation is disabled, or deleted, since it was sent, the account is where it goes on.
func TestInvitation_leadsToTheAccountWithoutItsApplication(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(w *world) error{
		"disabled": func(w *world) error { return w.Registrar().Disable(w.In(), w.client.ClientID) },
		"deleted":  func(w *world) error { return w.Registrar().Delete(w.In(), w.client.ClientID) },
	} {
		w := newWorld(t)
		w.User(alice)
		_, link := w.invite(alice, func(s *invitation.Spec) { s.ClientID = w.client.ClientID })
		b := w.signedIn(alice)
		p := b.Open(link)
		must(t, gone(w))
		done := p.Submit("submit", nil)
		if done.Status != http.StatusOK || has(done, "#continue") || !strings.HasSuffix(done.Doc.Find("#account").AttrOr("href", ""), "/account") {
			t.Errorf("%s: %d %s", name, done.Status, says(done))
		}
	}
}

// ORG-03: who has a link and signs in with another address does not accept.
func TestInvitation_isForItsAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited, other := w.User(alice), w.User(bob)
	_, link := w.invite(alice)
	b := w.signedIn(bob)
	p := b.Open(link)
	if !has(p, "#switch") || !strings.Contains(says(p), alice) || !strings.Contains(says(p), bob) {
		t.Fatalf("%d %s", p.Status, says(p))
	}
	form := url.Values{"csrf": {p.Doc.Find("input[name=csrf]").AttrOr("value", "")}, "action": {"accept"}}
	if got := b.Post(w.Issuer()+"/invitation", form); got.Status != http.StatusForbidden || w.roles(other.ID) != nil || w.roles(invited.ID) != nil {
		t.Errorf("accepted with another address: %d, roles %q", got.Status, w.roles(other.ID))
	}
	if got := b.Post(w.Issuer()+"/invitation", url.Values{"csrf": {"x"}, "action": {"accept"}}); got.Status != http.StatusForbidden {
		t.Errorf("a forged form: %d", got.Status)
	}
	if p = p.Submit("switch", nil); !strings.HasPrefix(p.URL.Path, "/login") {
		t.Errorf("another account: %d %s", p.Status, p.URL)
	}
	// An address of somebody's that was not proved is nobody's.
	unproved := w.Make(identity.User{Email: "carol@example.com", Username: "carol"})
	_, err := w.owner.Exec(t.Context(), `UPDATE users SET email_verified = false WHERE id = $1`, unproved.ID)
	must(t, err)
	_, link = w.invite("carol@example.com")
	b = w.signedIn("carol@example.com")
	p = b.Open(link)
	form.Set("csrf", p.Doc.Find("input[name=csrf]").AttrOr("value", ""))
	if got := b.Post(w.Issuer()+"/invitation", form); got.Status != http.StatusForbidden || w.roles(unproved.ID) != nil {
		t.Errorf("accepted with an address that was not proved: %d, page %s", got.Status, says(p))
	}
}

// Who has an account and is not signed in signs in, and comes back.
func TestInvitation_leadsThroughTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.User(alice)
	must(t, w.organizations.SetMember(w.ctx, w.acme.ID, organization.Member{UserID: w.User(bob).ID}))
	_, link := w.invite(alice)
	p := w.Browser().Open(link)
	if !has(p, "#sign-in") {
		t.Fatalf("%d %s", p.Status, says(p))
	}
	p = p.Submit("sign-in", nil)
	if got := p.Doc.Find("#username").AttrOr("value", ""); got != alice {
		t.Errorf("the sign-in page starts with %q", got)
	}
	p = p.Submit("submit", map[string]string{"username": alice, "password": plintotest.Password})
	if has(p, "#code") { // a browser that is new to the account
		p = p.Submit("submit", map[string]string{"code": plintotest.CodeOf(t, w.Mailed(alice, 2))})
	}
	if !has(p, "button[value=accept]") {
		t.Fatalf("back at %s: %d %s", p.URL, p.Status, says(p))
	}
	if p = p.Submit("submit", nil); !has(p, "#account") || w.roles(user.ID) == nil {
		t.Errorf("%d %s", p.Status, says(p))
	}
}

// Who has no account makes one, where nobody else can, and no other mail is sent. Nobody is signed
// in, and the browser is known.
func TestInvitation_makesAnAccountWhereSignUpIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.invite(alice, func(s *invitation.Spec) { s.Roles = []string{"owner", "member"} })
	b := w.Browser()
	p := b.Open(link)
	if !has(p, "button[value=join]") || p.Doc.Find("#username").AttrOr("value", "") != alice {
		t.Fatalf("%d %s", p.Status, says(p))
	}
	for password, want := range map[string]string{"": "Enter a password", "short": "at least 15"} {
		if p := p.Submit("submit", map[string]string{"name": "Ann", "password": password}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(says(p), want) {
			t.Errorf("password %q: %d %s", password, p.Status, says(p))
		}
	}
	done := p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password, "username": "mallory@example.com"})
	if done.Status != http.StatusOK || !has(done, "#account") {
		t.Fatalf("%d %s", done.Status, says(done))
	}
	held, err := w.Store.Users.Credential(w.ctx, alice, nil)
	if err != nil || !held.User.EmailVerified || held.User.Profile.Name != "Ann" || !slices.Equal(w.roles(held.User.ID), []string{"owner", "member"}) {
		t.Errorf("%+v with roles %q, %v", held.User, w.roles(held.User.ID), err)
	}
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "login_required" {
		t.Errorf("signed in: %q", got)
	}
	if b.SignIn(w.AuthorizeURL(w.client, nil), alice).Get("code") == "" || len(w.Mails.All()) != 1 {
		t.Errorf("the account does not sign in, or %d mails were sent", len(w.Mails.All()))
	}
}

// ORG-01: one invitation makes one account and one member, however many accept it at once.
func TestInvitation_isAcceptedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.invite(alice)
	p := w.Browser().Open(link)
	pages := make([]*plintotest.Page, 6)
	var all sync.WaitGroup
	for i := range pages {
		all.Go(func() { pages[i] = p.Submit("submit", map[string]string{"password": plintotest.Password}) })
	}
	all.Wait()
	won := 0
	for _, p := range pages {
		if p.Status == http.StatusOK {
			won++
		} else if p.Status != http.StatusConflict {
			t.Errorf("%d %s", p.Status, says(p))
		}
	}
	if n := w.told(event.InvitationAccepted{}); won < 1 || n != 1 || w.told(event.UserCreated{}) != 1 {
		t.Errorf("%d pages say that it was accepted, %d events", won, n)
	}
	user := w.User(bob)
	_, link = w.invite(bob)
	token, err := url.Parse(link)
	must(t, err)
	won = 0
	for _, err := range testworld.AtOnce(8, func(int) error {
		_, err := w.invitations.Accept(w.ctx, token.Query().Get("token"), user.ID)
		return err
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, invitation.ErrOver) {
			t.Errorf("lost with %v", err)
		}
	}
	if won != 1 || w.told(event.InvitationAccepted{}) != 2 {
		t.Errorf("accepted %d times", won)
	}
}

// What is over says so, with a way on, and cannot be accepted.
func TestInvitation_thatIsOverSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.User(alice)
	i, first := w.invite(alice)
	b := w.signedIn(alice)
	p := b.Open(first)
	refused := func(what, want string) {
		t.Helper()
		if got := b.Open(first); !strings.Contains(says(got), want) || !has(got, "#account") {
			t.Errorf("%s: the page says %s", what, says(got))
		}
		if got := p.Submit("submit", nil); got.Status != http.StatusConflict || w.roles(user.ID) != nil {
			t.Errorf("%s: accepted, %d %s", what, got.Status, says(got))
		}
	}
	must(t, w.organizations.Suspend(w.ctx, w.acme.ID))
	refused("suspended", "taking new members")
	must(t, w.organizations.Unsuspend(w.ctx, w.acme.ID))
	_, err := w.owner.Exec(t.Context(), `UPDATE organization_invitations SET expires_at = now()`)
	must(t, err)
	refused("expired", "expired")
	must(t, w.invitations.Resend(w.ctx, w.acme.ID, i.ID))
	second := w.linkOf(w.nth(alice))
	if got := b.Open(first); got.Status != http.StatusNotFound {
		t.Errorf("the link of the mail before: %d %s", got.Status, says(got))
	}
	if got := b.Open(second); !has(got, "button[value=accept]") {
		t.Errorf("the link of the new mail: %d %s", got.Status, says(got))
	}
	first = second
	p = b.Open(first)
	must(t, w.invitations.Revoke(w.ctx, w.acme.ID, i.ID))
	refused("revoked", "withdrawn")
	for _, link := range []string{"", "x", i.PublicID() + ".x", first[:len(first)-1] + "x"} {
		if got := w.Browser().Open(w.Issuer() + "/invitation?token=" + url.QueryEscape(link)); got.Status != http.StatusNotFound {
			t.Errorf("%q: %d", link, got.Status)
		}
	}
	if err := w.organizations.Delete(w.ctx, w.acme.ID); err != nil || b.Open(first).Status != http.StatusNotFound {
		t.Errorf("of an organization that is gone: %v", err)
	}
}

// The token is nowhere in clear.
func TestInvitation_keepsItsTokenFromTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.invite(alice)
	_, token, _ := strings.Cut(link, ".pliv_")
	rows := 0
	for _, table := range []string{"organization_invitations", "events", "audit_log", "river_job", "one_time_tokens"} {
		found, err := w.owner.Query(t.Context(), `SELECT r::text FROM `+table+` AS r`)
		must(t, err)
		lines, err := pgx.CollectRows(found, pgx.RowTo[string])
		must(t, err)
		for _, line := range lines {
			if rows++; strings.Contains(line, token) {
				t.Errorf("in %s: %s", table, line)
			}
		}
	}
	if rows < 3 {
		t.Errorf("%d rows: this test looked at nothing", rows)
	}
}

func TestInvitation_isRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.User(bob)
	must(t, w.organizations.SetMember(w.ctx, w.acme.ID, organization.Member{UserID: member.ID}))
	must(t, w.organizations.Update(w.ctx, "acme", func(o *organization.Organization) { o.Policy.EmailDomains = []string{"example.com"} }))
	w.invite(alice)
	user := event.WithActor(w.ctx, event.Actor{Type: "user", ID: member.PublicID()})
	elsewhere := storagetest.Tenant(t, w.Store, "elsewhere")
	for what, c := range map[string]struct {
		ctx  context.Context //nolint:containedctx // of one case
		edit func(*invitation.Spec)
		want error
	}{
		"no address":       {w.ctx, func(s *invitation.Spec) { s.Email = "x" }, identity.ErrEmail},
		"two addresses":    {w.ctx, func(s *invitation.Spec) { s.Email = "a@example.com\r\nBcc: b@example.com" }, identity.ErrEmail},
		"a member":         {w.ctx, func(s *invitation.Spec) { s.Email = strings.ToUpper(bob) }, invitation.ErrMember},
		"invited":          {w.ctx, func(s *invitation.Spec) { s.Email = alice }, invitation.ErrInvited},
		"a domain":         {w.ctx, func(s *invitation.Spec) { s.Email = "a@evil.example" }, invitation.ErrDomain},
		"a role":           {w.ctx, func(s *invitation.Spec) { s.Roles = []string{"no key"} }, invitation.ErrRoles},
		"who may not":      {user, func(*invitation.Spec) {}, invitation.ErrForbidden},
		"another tenant":   {elsewhere, func(*invitation.Spec) {}, organization.ErrNotFound},
		"no organization":  {w.ctx, func(s *invitation.Spec) { s.Organization = uuid.New() }, organization.ErrNotFound},
		"many at one time": {w.ctx, nil, invitation.ErrTooMany},
	} {
		spec := invitation.Spec{Organization: w.acme.ID, Email: "new@example.com", Roles: []string{"member"}}
		var err error
		if c.edit != nil {
			c.edit(&spec)
			_, err = w.invitations.Create(c.ctx, spec)
		} else {
			i, created := w.invitations.Create(c.ctx, invitation.Spec{Organization: w.acme.ID, Email: "many@example.com"})
			must(t, created)
			for n := 0; n < 10 && err == nil; n++ {
				err = w.invitations.Resend(c.ctx, w.acme.ID, i.ID)
			}
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	must(t, w.organizations.Suspend(w.ctx, w.acme.ID))
	if _, err := w.invitations.Create(w.ctx, invitation.Spec{Organization: w.acme.ID, Email: "late@example.com"}); !errors.Is(err, invitation.ErrSuspended) {
		t.Errorf("suspended: %v", err)
	}
}

// A conferrer that refuses is asked before anything is stored or sent.
func TestInvitation_givesNoRolesThatTheInviterCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.invitations.Confers = conferrer{}
	for role, want := range map[string]error{"owner": tenant.ErrSlug, "member": nil} {
		_, err := w.invitations.Create(w.ctx, invitation.Spec{Organization: w.acme.ID, Email: role + "@example.com", Roles: []string{role}})
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v", role, err)
		}
	}
	if n := w.told(event.InvitationCreated{}); n != 1 {
		t.Errorf("%d invitations", n)
	}
}

type conferrer struct{}

func (conferrer) StillConfers(_ context.Context, _ uuid.UUID, roles []string) ([]string, error) {
	return roles, nil
}

func (conferrer) ActOnRoles(context.Context, uuid.UUID, []string) error { return nil }

func (conferrer) ConferRoles(_ context.Context, _ uuid.UUID, roles []string) error {
	if slices.Contains(roles, "owner") {
		return tenant.ErrSlug // any error
	}
	return nil
}
