package account_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/internal/plintotest"
)

// downloads sends the form of the page for one's own data, and returns the file.
func (w *world) downloads(b *plintotest.Browser) (file map[string]any, text string) {
	w.t.Helper()
	csrf := w.open(b, "/account/data").Doc.Find("[name=csrf]").First().AttrOr("value", "")
	client := w.HTTP()
	client.Jar = b.Jar
	res, err := client.PostForm(w.Issuer()+"/account/data", url.Values{"csrf": {csrf}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Disposition") != `attachment; filename="account.json"` || res.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d %v %s", res.StatusCode, res.Header, body)
	}
	if err := json.Unmarshal(body, &file); err != nil {
		w.t.Fatalf("%v in %s", err, body)
	}
	return file, string(body)
}

// ACT-15: users get what is kept of them, and nothing that signs anybody in or is somebody else's.
func TestData_isTheUsersOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.User("bob@example.com")
	w.signedIn(bob.Email)
	b := w.signedIn(alice)
	secret, codes := w.addsApp(b)
	file, text := w.downloads(b)
	for list, want := range map[string]int{"emails": 1, "second_factors": 1, "sessions": 1, "api_keys": 0, "connected_apps": 0} {
		if got, is := file[list].([]any); !is || len(got) != want {
			t.Errorf("%s: %v, want %d", list, file[list], want)
		}
	}
	if activity, _ := file["activity"].([]any); len(activity) < 2 || file["recovery_codes_left"] != 10.0 || file["id"] != w.alice.PublicID() {
		t.Errorf("got %s", text)
	}
	var hash string
	if err := w.owner.QueryRow(t.Context(), `SELECT password_hash FROM users WHERE id = $1`, w.alice.ID).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{secret, codes[0], hash, "$argon2", bob.Email, bob.PublicID()} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in the file", not)
		}
	}
	w.later(6 * time.Minute)
	w.at(w.open(b, "/account/data"), "/login")
}

// What people do in the wrong order, in two tabs and with Back: each leads to a page that lets them
// go on.
func TestAccount_goesOnInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	add := w.open(b, "/account/emails/add")
	w.at(add.Submit("submit", map[string]string{"email": "second@example.com"}), "/account/emails")
	tab := w.open(b, "/account/emails")
	code := plintotest.CodeOf(t, w.Mailed("second@example.com", 1))
	remove := links(tab, "remove")
	if len(remove) != 1 {
		t.Fatalf("addresses to remove: %q", remove)
	}
	asked := w.at(w.open(b, remove[0]), "/account/emails/remove")
	again := w.at(add.Submit("submit", map[string]string{"email": "second@example.com"}), "/account/emails") // Back, and sent once more
	if again.Doc.Find("form").Length() == 0 {
		t.Error("no form to go on with")
	}
	w.at(asked.Submit("submit", nil), "/account/emails")
	w.at(asked.Submit("submit", nil), "/account/emails") // it is gone
	csrf := tab.Doc.Find("[name=csrf]").First().AttrOr("value", "")
	id := tab.Doc.Find(".code-form [name=id]").AttrOr("value", "")
	p := b.Post(w.Issuer()+"/account/emails", url.Values{"csrf": {csrf}, "id": {id}, "code": {code}, "action": {"prove"}})
	if w.at(p, "/account/emails"); p.Status >= http.StatusInternalServerError || w.count(`SELECT count(*) FROM user_emails`) != 0 {
		t.Errorf("a code for an address that was removed: %d", p.Status)
	}
	w.at(w.open(b, "/account/emails/primary?id="+id), "/account/emails")

	// The account is deleted in one tab while another one is in use.
	profile, delete := w.open(b, "/account/profile"), w.open(b, "/account/delete")
	if p := delete.Submit("submit", nil); p.Doc.Find("#deleted").Length() != 1 {
		t.Fatalf("at %s", p.URL)
	}
	for _, p := range []*plintotest.Page{profile.Submit("submit", map[string]string{"nickname": "Al"}), delete.Submit("submit", nil), w.open(b, "/account/security")} {
		w.at(p, "/login")
	}
	keep := w.open(b, "/account").Submit("submit", plintotest.Alice())
	w.at(w.at(keep, "/login/keep").Submit("keep", nil), "/account")
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 0 {
		t.Error("the account is still going to be deleted")
	}
}
