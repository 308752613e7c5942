package admin_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/organization"
)

// upload sends a file of users.
func (w *world) upload(query, token string, lines ...string) *answer {
	w.t.Helper()
	return w.send(request{method: "POST", path: "/users/import" + query, token: token, body: strings.Join(lines, "\n"), header: map[string]string{"Content-Type": "application/x-ndjson"}})
}

// finished waits for the end of a job.
func (w *world) finished(j *answer) (over *answer) {
	w.t.Helper()
	plintotest.Eventually(w.t, "the end of the job", func() bool {
		over = w.get("/jobs/" + j.text("id")).is(200)
		return over.text("state") != "running"
	})
	return over
}

func TestImport_isAJobWithAReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := []string{`{"email": "taken@example.com"}`, `{"email": "taken@example.com"}`, `{"external_id": "7", "username": "seven"}`, `{"nonsense": 1}`}
	for i := range 1100 {
		lines = append(lines, fmt.Sprintf(`{"email": "u%d@example.com", "profile": {"name": "%s"}}`, i, strings.Repeat("x", 250)))
	}
	dry := w.finished(w.upload("?dry_run=true", "", lines...).is(202))
	if n := w.count(`SELECT count(*) FROM users`); n != 0 || dry.Body["counts"].(m)["created"] != float64(1102) {
		t.Errorf("after a dry run of %s there are %d users", dry.raw, n)
	}
	w.upload("?validate_only=true", "", lines...).is(202)
	before := w.count(`SELECT count(*) FROM jobs`)
	over := w.finished(w.upload("", "", lines...).is(202))
	if got := fmt.Sprint(over.Body["counts"], over.Body["state"]); got != "map[created:1102 lines:1104 refused:2 unchanged:0 updated:0]succeeded" || before != 1 {
		t.Errorf("got %s, after %d jobs", got, before)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'user.created' AND actor_type = 'client'`); n != 1102 {
		t.Errorf("%d users are in the audit log, want 1102", n)
	}
	report := w.get("/jobs/" + over.text("id") + "/report").is(200)
	rows := strings.Split(strings.TrimSpace(string(report.raw)), "\n")
	if len(rows) != 1104 || !strings.Contains(rows[1], `"line":2,"status":"refused","code":"email_taken"`) || !strings.Contains(rows[3], `"pointer":"/nonsense"`) || !strings.Contains(rows[2], `"external_id":"7"`) {
		t.Errorf("%d lines of a report: %s", len(rows), rows[:min(4, len(rows))])
	}
	if n := w.count(`SELECT count(*) FROM job_parts`); n != 0 {
		t.Errorf("%d parts of uploads are left", n)
	}
	if got := w.get("/jobs?limit=1").is(200); len(got.data()) != 1 || got.data()[0]["id"] != over.text("id") || got.Body["has_more"] != true {
		t.Errorf("jobs are %s", got.raw)
	}
	w.post("/jobs/"+over.text("id")+"/cancel", nil).is(409, "job_over")
	w.send(request{method: "POST", path: "/users/import", body: m{}}).is(415)
	w.upload("", "").is(400, "empty_file")
	w.upload("", "", " ", "").is(400, "empty_file")
	key := map[string]string{"Content-Type": "application/x-ndjson", "Idempotency-Key": "once"}
	one := w.send(request{method: "POST", path: "/users/import", body: `{"username": "once"}`, header: key}).is(202)
	if two := w.send(request{method: "POST", path: "/users/import", body: `{"username": "once"}`, header: key}).is(202); two.text("id") != one.text("id") {
		t.Error("the same request made another job")
	}
}

// BLK-08: a file is as large as it may be, and what came of one that broke off does not stay.
func TestImport_boundsWhatIsUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(query string, body io.Reader, length int64) (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Issuer()+"/admin/v1/users/import"+query, body)
		must(t, err)
		r.ContentLength = length
		r.Header.Set("Authorization", "Bearer "+w.token)
		r.Header.Set("Content-Type", "application/x-ndjson")
		res, err := w.HTTP().Do(r)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return res.StatusCode, nil
	}
	const most = 256 << 20
	if status, err := send("", io.LimitReader(zeros{}, most+1), most+1); err == nil && status != 413 {
		t.Errorf("a file that says it is too long: %d", status)
	}
	if status, err := send("?validate_only=true", io.LimitReader(zeros{}, most+1), -1); err == nil && status != 413 {
		t.Errorf("a file that turns out too long: %d", status)
	}
	from, to := io.Pipe()
	ended := make(chan error)
	go func() {
		_, err := send("", from, -1)
		ended <- err
	}()
	_, err := to.Write([]byte(strings.Repeat("x", 600<<10)))
	must(t, err)
	plintotest.Eventually(t, "two parts of the file", func() bool { return w.count(`SELECT count(*) FROM job_parts`) == 2 })
	if got := w.get("/jobs").is(200); len(got.data()) != 0 {
		t.Errorf("a job without its file is shown: %s", got.raw)
	}
	to.CloseWithError(io.ErrUnexpectedEOF)
	<-ended
	plintotest.Eventually(t, "that they are gone", func() bool { return w.count(`SELECT count(*) FROM jobs`) == 0 })
	for range 4 {
		_, err := w.Owner.Exec(t.Context(), `INSERT INTO jobs (tenant_id, id, kind, state, dry_run, actor) VALUES ($1, gen_random_uuid(), 'user_import', 'receiving', false, '{}')`, w.Tenant.ID.String())
		must(t, err)
	}
	w.upload("", "", `{"username": "fifth"}`).is(409, "too_many_uploads")
	w.upload("?validate_only=true", "", `{"username": "fifth"}`).is(409, "too_many_uploads")
}

// zeros are as many as are read.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// BLK-02: who may import changes nobody who has more rights, and takes no account without a password over.
func TestImport_changesNobodyWithMoreRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.post("/users", m{"email": "boss@example.com", "external_id": "boss"}).is(201).text("id")
	w.post("/users", m{"email": "staff@example.com", "external_id": "staff"}).is(201)
	w.send(request{method: "PUT", path: "/users/" + boss + "/roles/administrator"}).is(204)
	token := w.tokenFor(w.Tenant, organization.UsersImport)
	over := w.finished(w.upload("", token,
		`{"external_id": "boss", "email": "mine@example.com", "password_hash": "$2a$04$5lNTkcrRDwCbXWPhiBZ2EuCXw7L1LbjbpDSGJX2kQBhJLMwIuWdpy"}`,
		`{"external_id": "staff", "email": "moved@example.com"}`,
	).is(202))
	report := string(w.get("/jobs/" + over.text("id") + "/report").is(200).raw)
	if !strings.Contains(report, `"code":"cannot_act_on"`) || !strings.Contains(report, `"status":"updated"`) {
		t.Errorf("the report is %s", report)
	}
	if got := w.get("/users/" + boss).is(200); got.text("email") != "boss@example.com" || w.count(`SELECT count(*) FROM users WHERE password_hash IS NOT NULL`) != 0 {
		t.Errorf("an import changed an administrator: %s", got.raw)
	}
}

// BLK-05: hashes of passwords need a right of their own, and the log says who was given users.
func TestExport_needsItsRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.finished(w.upload("", "", `{"username": "ann", "password_hash": "$2a$04$5lNTkcrRDwCbXWPhiBZ2EuCXw7L1LbjbpDSGJX2kQBhJLMwIuWdpy"}`).is(202))
	token := w.tokenFor(w.Tenant, organization.UsersExport, organization.UsersRead)
	plain := w.send(request{method: "GET", path: "/users/export", token: token}).is(200)
	if got := string(plain.raw); !strings.Contains(got, `"username":"ann"`) || strings.Contains(got, "$2a$") || plain.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("exported %s", got)
	}
	w.send(request{method: "GET", path: "/users/export-with-passwords", token: token}).is(403)
	if got := string(w.get("/users/export-with-passwords").is(200).raw); !strings.Contains(got, "$2a$") {
		t.Errorf("exported %s", got)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'users.exported'`); n != 2 {
		t.Errorf("%d exports are in the audit log, want 2", n)
	}
	empty := w.NewTenant("empty", "", w.Tenant.Settings)
	if got := w.send(request{method: "GET", path: empty.Issuer + "/admin/v1/users/export", token: w.tokenFor(empty, organization.UsersExport)}).is(200); len(got.raw) != 0 {
		t.Errorf("of another tenant: %s", got.raw)
	}
}

// BLK-10: files that come or go slowly are few of one tenant at a time, and others find a place.
func TestFiles_haveAFewPlacesOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ended := make(chan int, 4)
	var files []*io.PipeWriter
	for range 4 {
		from, to := io.Pipe()
		files = append(files, to)
		begun := make(chan struct{})
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
			close(begun)
			return nil
		}})
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Issuer()+"/admin/v1/users/import?validate_only=true", from)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+w.token)
		r.Header.Set("Content-Type", "application/x-ndjson")
		r.Header.Set("Expect", "100-continue")
		go func() {
			res, err := w.HTTP().Do(r)
			if err != nil {
				ended <- 0
				return
			}
			_ = res.Body.Close()
			ended <- res.StatusCode
		}()
		<-begun // the server reads the file
	}
	refused := w.upload("?validate_only=true", "", `{"username": "fifth"}`).is(429, "rate_limited")
	if refused.Header.Get("Retry-After") == "" {
		t.Error("nothing says when to come again")
	}
	w.get("/users/export").is(429, "rate_limited")
	w.get("/users").is(200)
	other := w.NewTenant("other", "", w.Tenant.Settings)
	w.send(request{method: "GET", path: other.Issuer + "/admin/v1/users/export", token: w.tokenFor(other, organization.UsersExport)}).is(200)
	for _, to := range files {
		_, err := to.Write([]byte(`{"username": "slow"}`))
		must(t, err)
		must(t, to.Close())
		if status := <-ended; status != 202 {
			t.Errorf("a slow file is answered %d", status)
		}
	}
	w.get("/users/export").is(200)
}
