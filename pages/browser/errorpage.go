package browser

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plinto/internal/displayname"
	"plinto/internal/redirecturi"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// ErrorPage shows an error that cannot be sent to a client. Both texts are ours.
func (b *Browser) ErrorPage(w http.ResponseWriter, r *http.Request, status int, code, message string) error {
	return b.Explain(w, r, "", status, code, message, nil)
}

// Explain is ErrorPage for an error of a client's request ("": of nobody's): it leads back
// to the client where that may be. On a development server it says what explain returns.
func (b *Browser) Explain(w http.ResponseWriter, r *http.Request, clientID string, status int, code, message string, explain func(context.Context) *ui.Explanation) (err error) {
	web.TrailOf(r.Context()).Refuse(status, code, message)
	view := ui.ErrorView{Page: b.Page(w, r, nil), Status: status, Code: code, Message: message}
	if t, err := tenant.From(r.Context()); err == nil {
		view.Home = t.Path + "/"
	}
	if b.Development {
		view.Explanation = &ui.Explanation{Problem: message}
		if explain != nil {
			view.Explanation = explain(r.Context())
		}
	}
	if view.Client, view.Return, err = b.WayBack(r, clientID); err != nil {
		return err
	}
	if view.Client != "" {
		web.NoteClient(r.Context(), clientID)
	}
	return web.Render(w, r, status, ui.Error(view))
}

// Listed writes a value of a flag that takes lists: they are CSV.
func Listed(value string) string {
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write([]string{value}) // to memory
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}

// An Address is one that a request sent and its client has not registered.
type Address struct {
	Sent       string
	Registered []string
	Flag       string // of plinto client update, which registers
}

// Unregistered shows developers how an address differs from those that are registered, and the command that
// registers it as well.
func (b *Browser) Unregistered(ctx context.Context, e *ui.Explanation, client *provider.Client, a Address) {
	e.Compared = ui.Compare(a.Sent, a.Registered)
	if err := redirecturi.Validate(a.Sent, redirecturi.Policy{ApplicationType: client.ApplicationType, AllowHTTPLoopback: true}); err != nil {
		e.Steps = []string{fmt.Sprintf("It cannot be registered either: %v.", err)}
		return
	}
	e.Steps = []string{"Either send what is registered, or, if the address is your app's, register it as well."}
	args := []string{"client", "update", client.ClientID, "--tenant", tenant.Must(ctx).Slug}
	for _, uri := range append(slices.Clone(a.Registered), a.Sent) {
		args = append(args, a.Flag, Listed(uri))
	}
	e.Command = b.Command(args...)
}

// Command returns a shell line that calls plinto with args, or "" when one of them holds
// characters that cannot be seen: what is copied has to be what is read. Arguments may
// come from a request.
func (b *Browser) Command(args ...string) string {
	line := []string{"plinto"}
	if b.Program != "" {
		line[0] = quote(b.Program)
	}
	for _, arg := range args {
		if displayname.Reveal(arg) != arg {
			return ""
		}
		line = append(line, quote(arg))
	}
	if b.Dir == "" {
		return strings.Join(line, " ")
	}
	// In a subshell: whoever copies it stays where they are.
	return "(cd " + quote(b.Dir) + " && " + strings.Join(line, " ") + ")"
}

// quote writes an argument so that a POSIX shell reads it as it is.
func quote(arg string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) }) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// Limits of what an explanation repeats.
const (
	maxSent      = 40
	maxSentValue = 300 // bytes
)

// Sent are the parameters of a request for an explanation: none that is a secret.
func Sent(params web.Form) (sent []ui.Field) {
	for name, values := range params {
		switch name {
		case "client_secret", "client_assertion", "id_token_hint":
			values = []string{"(not shown)"}
		}
		for _, value := range values {
			if len(value) > maxSentValue {
				value = strings.ToValidUTF8(value[:maxSentValue], "") + "…"
			}
			sent = append(sent, ui.Field{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(sent, func(a, b ui.Field) int { return strings.Compare(a.Name, b.Name) })
	return sent[:min(len(sent), maxSent)]
}
