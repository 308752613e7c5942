package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/event/mail"
	"plinto/internal/mailcatcher"
)

// Who to sign in as, from the demo seed, and from those of tests.
const (
	demoUser     = "alice@example.com"
	demoPassword = "correct horse battery staple"
)

// A devRun is a running plinto dev.
type devRun struct {
	*process
	data, state string // its data, and where commands look for it
	base        string // its public URL
	link        string // of the first administrator, "" when it showed none
}

// devData returns a new directory that the user who runs Postgres can enter when
// the tests run as root.
func devData(t *testing.T) string {
	t.Helper()
	parent := ""
	if os.Geteuid() == 0 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "plinto-dev-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // litter at worst
	return dir
}

func startDev(t *testing.T, data string, more ...string) devRun {
	t.Helper()
	state := t.TempDir()
	p := start(t, []string{"XDG_STATE_HOME=" + state}, append([]string{"dev", "--listen", "127.0.0.1:0", "--data-dir", data}, more...)...)
	screen := p.until("Ctrl-C stops it")
	d := devRun{process: p, data: data, state: state}
	if m := regexp.MustCompile(`Issuer +(\S+)`).FindStringSubmatch(screen); m != nil {
		d.base = m[1]
	}
	if m := regexp.MustCompile(`First admin +(\S+)`).FindStringSubmatch(screen); m != nil {
		d.link = m[1]
	}
	if d.base == "" {
		t.Fatalf("the screen names no issuer: %s", screen)
	}
	return d
}

func (d devRun) visit() *visitor {
	return visit(d.t, "127.0.0.1:"+d.base[strings.LastIndex(d.base, ":")+1:])
}

// postmaster returns the lines of Postgres' pid file: [0] is its process id, [3]
// its port, [4] the directory of its socket.
func (d devRun) postmaster() []string {
	d.t.Helper()
	content, err := os.ReadFile(filepath.Join(d.data, "data", "postmaster.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.Split(string(content), "\n")
}

// postgres returns the process id of Postgres.
func (d devRun) postgres() int {
	d.t.Helper()
	pid, err := strconv.Atoi(d.postmaster()[0])
	if err != nil {
		d.t.Fatal(err)
	}
	return pid
}

// runs reports whether a process is there. It is not our child, so one that ended
// may wait as a zombie for whoever is init here.
func runs(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// terminal is a shell whose plinto commands work on the same database.
func (d devRun) terminal() *terminal {
	pg := d.postmaster()
	database := url.URL{Scheme: "postgres", User: url.User(devRole), Path: "/" + devDatabase, RawQuery: url.Values{"host": {pg[4]}, "port": {pg[3]}}.Encode()}
	return &terminal{t: d.t, dir: d.t.TempDir(), env: []string{
		"PLINTO_PUBLIC_URL=" + d.base, "PLINTO_DATABASE_URL=" + database.String(),
		"PLINTO_ENCRYPTION_KEY_FILE=" + filepath.Join(d.data, "encryption-key"),
	}}
}

// issuerAt returns the issuer that discovery below base names, "" without one.
func (d devRun) issuerAt(v *visitor, base string) string {
	d.t.Helper()
	res, err := v.http.Get(base + "/.well-known/openid-configuration")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	var said struct {
		Issuer string `json:"issuer"`
	}
	if res.StatusCode != http.StatusOK {
		return ""
	}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		d.t.Fatal(err)
	}
	return said.Issuer
}

// signInToPlayground walks the whole code flow by forms.
func (d devRun) signInToPlayground(v *visitor) sheet {
	d.t.Helper()
	page := v.open(d.base+"/dev/playground").click("start", nil)
	page = page.click("submit", map[string]string{"username": demoUser, "password": demoPassword})
	if page.Find("#allow").Length() == 1 {
		page = page.click("allow", nil)
	}
	if problem := page.Find("#problem").Text(); problem != "" || page.at.Path != "/dev/playground" {
		d.t.Fatalf("at %s: %s", page.at, problem)
	}
	return page
}

func TestDev_showsALoginFromTheFirstStart(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	if got := d.issuerAt(v, d.base); got != d.base {
		t.Errorf("issuer %q, want %q", got, d.base)
	}
	page := d.signInToPlayground(v)
	shown := page.Find("#steps").Text()
	for _, want := range []string{"ID token", "Access token", `"iss": "` + d.base + `"`, "refresh_token"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the playground does not show %s", want)
		}
	}
	for button, want := range map[string]string{"userinfo": demoUser, "introspect": `"active": true`, "refresh": "grant_type=refresh_token"} {
		if page = page.click(button, nil); !strings.Contains(page.Find("#steps").Text(), want) {
			t.Errorf("%s does not show %s: %s", button, want, page.Find("#problem").Text())
		}
	}
	eventually(t, "mails about the new sign-in and the lasting access", func() bool {
		res, err := v.http.Get(d.base + "/dev/mail.json")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var mails []mailcatcher.Mail
		if err := json.NewDecoder(res.Body).Decode(&mails); err != nil {
			t.Fatal(err)
		}
		return len(mails) == 2 && mails[0].To == demoUser && mails[1].To == demoUser && mails[0].Subject != mails[1].Subject
	})
	if page = v.open(d.base + "/dev/mail"); page.Find("#mails a").Length() != 2 {
		t.Error("the mails are not on the mail page")
	}
	shown = v.open(d.base+attribute(page, "#mails a", "href")).Find("#message").AttrOr("src", "")
	if drawn, err := v.http.Get(d.base + shown); err != nil || drawn.Header.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.Contains(drawn.Header.Get("Content-Security-Policy"), "sandbox allow-popups") {
		t.Errorf("the mail is drawn from %q, %v", shown, err)
	}
	link, _ := page.Find("#previews").Attr("href")
	if page = v.open(d.base + link); page.Find("#kinds li").Length() != len(mail.Kinds()) {
		t.Errorf("%d kinds of mails have previews, want %d", page.Find("#kinds li").Length(), len(mail.Kinds()))
	}
	link, _ = page.Find(`#kinds a[href*="/ar/password.changed"]`).Attr("href")
	page = v.open(d.base + link)
	link, _ = page.Find("#drawn").Attr("href")
	if drawn := v.open(d.base + link); drawn.status != http.StatusOK || drawn.Find("html[dir=rtl]").Length() != 1 || !strings.Contains(page.Find("pre").First().Text(), drawn.Find("h1").Next().Text()) {
		t.Errorf("the preview is %d %q", drawn.status, drawn.Text())
	}
	page = v.open(d.base+"/dev/authenticator").click("submit", map[string]string{"key": "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"})
	if got := page.Find("#code").Text(); len(got) != len("123 456") || page.Find("#key").AttrOr("value", "") == "" {
		t.Errorf("the authenticator shows %q", got)
	}
	if page = page.click("submit", map[string]string{"key": "?"}); page.status != http.StatusUnprocessableEntity || page.Find("#problem").Length() != 1 {
		t.Errorf("of no key: %d", page.status)
	}
	if page = v.open(d.base + "/dev/mail/preview/ar/no.such"); page.status != http.StatusNotFound {
		t.Errorf("a preview of no mail is %d", page.status)
	}
}

func TestDev_makesTheFirstAdministratorOnce(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	forms := make([]sheet, 4)
	for i := range forms { // each in a browser of its own
		forms[i] = d.visit().open(d.link)
	}
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for i, form := range forms { // all at once
		all.Go(func() {
			done := form.click("submit", map[string]string{
				"name": "Ada", "email": fmt.Sprintf("ada%d@example.com", i), "password": "a long enough passphrase",
			})
			switch {
			case done.Find("#setup-done").Length() == 1:
				made.Add(1)
				for _, id := range []string{"#account", "#reference"} {
					if next := d.visit().open(d.base + done.Find(id).AttrOr("href", "/nowhere")); next.status != http.StatusOK {
						t.Errorf("%s leads to %d: %s", id, next.status, next.Find("main").Text())
					}
				}
				if command := done.Find("pre").Text(); command != "plinto login "+d.base+"/t/system" {
					t.Errorf("the command is %q", command)
				}
			case done.status == http.StatusNotFound && done.Find("#error-code").Text() == "link_unknown":
				refused.Add(1)
			default:
				t.Errorf("%d: %s", done.status, done.Find("main").Text())
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || refused.Load() != int32(len(forms)-1) {
		t.Errorf("%d administrators, %d refused", made.Load(), refused.Load())
	}
	if again := d.visit().open(d.link); again.status != http.StatusNotFound {
		t.Errorf("the link still opens: %d", again.status)
	}
	d.signal(syscall.SIGINT)
	d.exit(waitLimit)
	if next := startDev(t, d.data); next.link != "" {
		t.Error("the next start offers the link again")
	}
}

func TestDev_servesATenantMadeWhileItRuns(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	second := d.base + "/t/second"
	if got := d.issuerAt(v, second); got != "" {
		t.Fatalf("there is %q already", got)
	}
	x := d.terminal()
	x.ok("tenant", "create", "second")
	eventually(t, "the tenant answers", func() bool { return d.issuerAt(v, second) == second })
	x.in = demoPassword + "\n"
	x.ok("user", "create", "carol@example.com", "--tenant", "second", "--password-stdin")
	if page := v.open(second + "/"); page.status != http.StatusOK {
		t.Errorf("home of the tenant: %d", page.status)
	}
}

// What somebody types who has read nothing: a second terminal, no settings.
func TestDev_isFoundByCommandsInOtherTerminals(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"XDG_STATE_HOME=" + d.state}}
	out, told, code := x.run("user", "list")
	if code != exitOK || !strings.Contains(out, "alice@example.com") || !strings.Contains(told, "working on the server of plinto dev at "+d.base) {
		t.Errorf("user list: %d %s%s", code, out, told)
	}
	if _, told, _ := x.run("doctor"); !strings.Contains(told, d.base) {
		t.Errorf("doctor: %s", told)
	}
	file := writeFile(t, filepath.Join(x.dir, "all.yaml"), x.ok("export"))
	if out, told, code := x.run("diff", "-f", file); code != exitOK { // also with connections to this machine, as plinto dev has one
		t.Errorf("diff of what was exported: %d %s%s", code, out, told)
	}
	if _, told, code := x.run("migrate"); code == exitOK || !strings.Contains(told, "PLINTO_DATABASE_URL") {
		t.Errorf("migrate took the database of plinto dev: %s", told)
	}
	for _, setting := range []string{"PLINTO_DATABASE_URL=postgres://plinto@127.0.0.1:1/plinto", "PLINTO_ENCRYPTION_KEY=" + randomKey()} {
		other := &terminal{t: t, dir: t.TempDir(), env: append([]string{setting}, x.env...)}
		if _, told, code := other.run("user", "list"); code == exitOK || strings.Contains(told, "plinto dev") {
			t.Errorf("%s: took plinto dev for it: %s", setting, told)
		}
	}
	d.signal(syscall.SIGINT)
	d.exit(waitLimit)
	if _, told, code := x.run("user", "list"); code == exitOK || !strings.Contains(told, "PLINTO_DATABASE_URL") {
		t.Errorf("after it ended: %d %s", code, told)
	}
}

func TestDev_endsAtCtrlCAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	postgres := d.postgres()
	d.signal(syscall.SIGINT)
	if code := d.exit(10 * time.Second); code != exitOK {
		t.Errorf("exit %d: %s", code, d.text())
	}
	// It takes its pid file away, which is what is waited for, a moment before it is gone.
	eventually(t, "Postgres ends with it", func() bool { return !runs(postgres) })
	if err := syscall.Kill(-d.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("something of its process group outlived it: %v", err)
	}
	if _, err := os.Stat(filepath.Join(d.data, "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the pid file of Postgres is still there: %v", err)
	}
}

func TestDev_goesOnWithItsDataAfterKill9(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	d.terminal().ok("tenant", "create", "kept")
	postgres := d.postgres()
	d.signal(syscall.SIGKILL)
	if code := d.exit(waitLimit); code != -1 {
		t.Fatalf("exit %d after SIGKILL", code)
	}
	eventually(t, "no child is left", func() bool { return !runs(postgres) })
	next := startDev(t, d.data)
	v := next.visit()
	if kept := next.base + "/t/kept"; next.issuerAt(v, kept) != kept {
		t.Error("the tenant is gone")
	}
	next.signInToPlayground(v)
	if next.link == "" || next.link == d.link {
		t.Error("nobody is administrator yet, and the screen shows no new link")
	}
}

// The file that the README says to copy is one that both commands take.
func TestDev_startsWithACopyOfTheSeedAndWithOnesOwn(t *testing.T) {
	t.Parallel()
	seed := writeFile(t, filepath.Join(t.TempDir(), "my.yaml"), string(demoSeed)+"  - {slug: mine, name: Mine, isolation: schema}\n")
	p := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--data-dir", devData(t), "--seed", seed)
	screen := p.until("Ctrl-C stops it")
	for want, shown := range map[string]bool{
		"Issuer       http://localhost:8080 ": false, "/t/mine   its discovery: ": true, "First admin": true,
		"User         alice@example.com   password: correct horse": true, "my.yaml names localhost:8080, and this server is at http://localhost:": true,
		"demo-service": true, "answers on localhost": false, "/t/system/.well-known": false,
	} {
		if strings.Contains(screen, want) != shown {
			t.Errorf("%q on the screen: %t, want %t: %s", want, !shown, shown, screen)
		}
	}
	x := newTerminal(t)
	x.refused(exitFailed, "Set PLINTO_MIGRATE_DATABASE_URL", "apply", "-f", seed) // which makes tables
	x.ok("apply", "-f", writeFile(t, filepath.Join(t.TempDir(), "my.yaml"), string(demoSeed)+"  - {slug: mine, name: Mine}\n"))
}

func TestDev_refusesADirectoryInUse(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	second := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--data-dir", d.data)
	if code := second.exit(waitLimit); code != exitFailed || !strings.Contains(second.text(), "in use by another process") {
		t.Errorf("exit %d: %s", code, second.text())
	}
	if got := d.issuerAt(d.visit(), d.base); got != d.base {
		t.Error("the first one does not answer any more")
	}
}

func TestDev_tellsOfVariablesThatMeanNothing(t *testing.T) {
	t.Parallel()
	for variable, says := range map[string]string{
		"PLINTO_PUBLIC_ULR=http://localhost:9000": "PLINTO_PUBLIC_ULR is unknown: did you mean PLINTO_PUBLIC_URL?",
		"PLINTO_PUBLIC_URL=localhost:9000":        `PLINTO_PUBLIC_URL is "localhost:9000": want the origin`,
	} {
		p := start(t, []string{variable}, "dev", "--listen", "127.0.0.1:0", "--data-dir", devData(t))
		if code := p.exit(waitLimit); code != exitFailed || !strings.Contains(p.text(), says) {
			t.Errorf("%s: exit %d: %s", variable, code, p.text())
		}
	}
	p := start(t, []string{"PLINTO_PORT=tcp://10.96.0.7:8080", "PLINTO_DATABASE_URL=postgres://db/x"}, "dev", "--listen", "127.0.0.1:0", "--data-dir", devData(t))
	screen := p.until("Ctrl-C stops it")
	for _, says := range []string{"ignored: PLINTO_PORT, which Kubernetes sets", "does not use PLINTO_DATABASE_URL"} {
		if !strings.Contains(screen, "plinto: warning: ") || !strings.Contains(screen, says) {
			t.Errorf("it does not say %q: %s", says, screen)
		}
	}
}

// What an error page of a development server shows to a developer, and the command on
// it, as they would copy it into a shell.
func TestDev_errorPagesNameTheCommandThatMendsIt(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	shell := func(line string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", line)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s\n%v: %s", line, err, out)
		}
	}
	request := func(id, redirect string) string {
		return d.base + "/oauth2/authorize?" + url.Values{"client_id": {id}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid"}}.Encode()
	}
	const other = "http://127.0.0.1:5555/it's,new?a=1&b=$(false)"
	wrong := v.open(request("demo-web", other))
	if got := wrong.Find("#sent-value").Text(); wrong.status != http.StatusBadRequest || got != other {
		t.Fatalf("%d, sent %q", wrong.status, got)
	}
	for id, want := range map[string]string{"error": "This app isn’t set up correctly", "registered": "http://127.0.0.1:5555/callback", "difference": "They differ at character 23"} {
		if got := wrong.Find("#" + id).Text(); !strings.Contains(got, want) {
			t.Errorf("#%s is %q, want %q in it", id, got, want)
		}
	}
	shell(wrong.Find("#command").Text())
	for _, uri := range []string{other, "http://127.0.0.1:5555/callback"} {
		// The server hears of what a command changed a moment later.
		eventually(t, "after the command "+uri+" is registered", func() bool { return v.open(request("demo-web", uri)).Find("#password").Length() == 1 })
	}

	unknown := v.open(request("my-app", "http://localhost:3000/cb"))
	if got := unknown.Find(".compare").Text(); !strings.Contains(got, "my-app") || !strings.Contains(got, "demo-web") {
		t.Errorf("an unknown client: %q", got)
	}
	shell(unknown.Find("#command").Text())
	if p := v.open(request("my-app", "http://localhost:3000/cb")); p.Find("#password").Length() != 1 && !strings.Contains(p.at.String(), "error=") {
		t.Errorf("after the command: %d %s", p.status, p.at)
	}

	logout := func(query string) sheet { return v.open(d.base + "/oauth2/logout?" + query) }
	stays := logout("client_id=demo-web&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A5555")
	if got := stays.Find("#sent-value").Text(); got != "http://127.0.0.1:5555" || stays.Find("#registered").Text() != "http://127.0.0.1:5555/" || stays.Find("#logged-out").Length() != 1 {
		t.Errorf("signing out, with an address that is not registered: %s, sent %q", stays.at, got)
	}
	shell(stays.Find("#command").Text())
	eventually(t, "after the command the address is registered", func() bool {
		return logout("client_id=demo-web&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A5555").Find("#continue").Length() == 1
	})
	if got := logout("post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A5555").Find("#explain-problem").Text(); !strings.Contains(got, "which client it is of") {
		t.Errorf("signing out, of nobody's: %q", got)
	}
	if got := logout("client_id=demo-web"); got.Find("#explain").Length() != 0 {
		t.Error("signing out, with no address, is explained")
	}

	absent := v.open(d.base + "/t/acme/login")
	shell(absent.Find("#command").Text())
	if got := d.issuerAt(v, d.base+"/t/acme"); got != d.base+"/t/acme" {
		t.Errorf("after the command the issuer is %q", got)
	}
}
