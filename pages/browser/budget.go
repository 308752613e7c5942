package browser

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Sizes in bytes. nginx takes 8 KiB of a header line by default, and 4 KiB of all
// headers of an answer; others on the host want some of it too.
const (
	// budget bounds all cookies of ours that a browser sends, of every issuer on the host.
	budget = 6 << 10
	// roomForSession is what flows leave free: the cookies of a session come later.
	roomForSession = 512
	// maxSealed bounds a flow in a cookie.
	maxSealed = 1600
	// maxCleared bounds how many cookies one answer takes away.
	maxCleared = 8
)

// A held cookie is one of ours in the browser.
type held struct {
	name string
	size int       // in the Cookie header, with its separators
	flow uuid.UUID // whose it is; uuid.Nil of others
}

const (
	// our is where the names of our cookies start, after the prefix of the browser's.
	our = "plinto_"
	// markBase names the cookie that says that the browser keeps cookies.
	markBase = our + "c"
	// pathPrefix started the names of cookies that an earlier version kept below an
	// issuer's path. Browsers send them there and nowhere else.
	pathPrefix = "__Secure-"
)

// heldCookie returns a cookie that is one of ours, of whichever issuer on the host.
func heldCookie(name, value string) (held, bool) {
	rest := strings.TrimPrefix(strings.TrimPrefix(name, web.HostPrefix), pathPrefix)
	h := held{name: name, size: len(name) + len("=") + len(value) + len("; ")}
	if tail, ok := strings.CutPrefix(rest, flowBase+"_"); ok && len(tail) >= 32 {
		if raw, err := hex.DecodeString(tail[:32]); err == nil {
			h.flow = uuid.UUID(raw)
		}
	}
	return h, strings.HasPrefix(rest, our)
}

// heldCookies returns the cookies of ours that the browser has once it got this answer,
// oldest first (RFC 6265 §5.4).
func heldCookies(w http.ResponseWriter, r *http.Request) []held {
	var all []held
	for _, c := range r.Cookies() {
		if h, ours := heldCookie(c.Name, c.Value); ours {
			all = append(all, h)
		}
	}
	for _, line := range w.Header()["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			continue
		}
		h, ours := heldCookie(c.Name, c.Value)
		at := slices.IndexFunc(all, func(o held) bool { return o.name == h.name })
		switch {
		case !ours:
		case at >= 0 && c.MaxAge < 0:
			all = slices.Delete(all, at, at+1)
		case at >= 0:
			all[at] = h
		case c.MaxAge >= 0:
			all = append(all, h)
		}
	}
	return all
}

func sizeOf(cookies []held) (n int) {
	for _, h := range cookies {
		n += h.size
	}
	return n
}

// makeRoom reports whether a flow of that size fits into a cookie, beside all that the
// browser has. Flows that have expired make room.
func (b *Browser) makeRoom(w http.ResponseWriter, r *http.Request, id uuid.UUID, size int) bool {
	others, want := b.others(w, r, id), b.sizeOfFlow(r, id, size)
	if size > maxSealed {
		return false
	}
	isOld := func(h held) bool { return h.flow != uuid.Nil && b.Now().Sub(begunAt(h.flow)) > provider.FlowTTL }
	others = b.drop(w, r, others, isOld, func(left []held) bool { return sizeOf(left)+want <= budget-roomForSession })
	flows := 0
	for _, h := range others {
		if h.flow != uuid.Nil {
			flows++
		}
	}
	return sizeOf(others)+want <= budget-roomForSession && flows < provider.MaxFlows
}

// forceRoom is makeRoom for a flow that cannot be stored in a row: it deletes the oldest
// flows.
func (b *Browser) forceRoom(w http.ResponseWriter, r *http.Request, id uuid.UUID, size int) bool {
	want := b.sizeOfFlow(r, id, size)
	if size > maxSealed {
		return false
	}
	isFlow := func(h held) bool { return h.flow != uuid.Nil }
	others := b.drop(w, r, b.others(w, r, id), isFlow, func(left []held) bool { return sizeOf(left)+want <= budget-roomForSession })
	return sizeOf(others)+want <= budget
}

func (b *Browser) sizeOfFlow(r *http.Request, id uuid.UUID, size int) int {
	return len(b.scope(r).Name(flowName(id))) + len("=; ") + size
}

// others are all cookies but that of the flow. What an earlier version left is taken
// away, and so are flows that nobody can start again.
func (b *Browser) others(w http.ResponseWriter, r *http.Request, id uuid.UUID) []held {
	own := b.scope(r).Name(flowName(id))
	all := slices.DeleteFunc(heldCookies(w, r), func(h held) bool { return h.name == own })
	isDead := func(h held) bool {
		return strings.HasPrefix(h.name, pathPrefix) || h.flow != uuid.Nil && b.Now().Sub(begunAt(h.flow)) > flowKept
	}
	return b.drop(w, r, all, isDead, func([]held) bool { return false })
}

// drop deletes cookies that may be deleted, oldest first, until enough room is free.
func (b *Browser) drop(w http.ResponseWriter, r *http.Request, all []held, may func(held) bool, enough func([]held) bool) []held {
	for !enough(all) && cleared(w) < maxCleared {
		at := -1
		for i, h := range all {
			if may(h) && (at < 0 || slices.Compare(h.flow[:], all[at].flow[:]) < 0) {
				at = i
			}
		}
		if at < 0 {
			return all
		}
		path := "/"
		if strings.HasPrefix(all[at].name, pathPrefix) {
			path = tenant.Must(r.Context()).Path
		}
		web.ClearNamed(w, all[at].name, path, b.Secure)
		all = slices.Delete(all, at, at+1)
	}
	return all
}

// keepMark sets a cookie without content when the response deletes the last other one: a
// browser without any cookie would look like one that blocks cookies.
func (b *Browser) keepMark(w http.ResponseWriter, r *http.Request) {
	if len(heldCookies(w, r)) == 0 {
		b.scope(r).Set(w, markBase, "1", flowKept)
	}
}

// cleared is how many cookies the answer takes away.
func cleared(w http.ResponseWriter) (n int) {
	for _, line := range w.Header()["Set-Cookie"] {
		if strings.Contains(line, "; Max-Age=0") {
			n++
		}
	}
	return n
}

// fitSession makes room for the cookies of a session, which this answer sets: flows go
// first, oldest first, then the devices and at last the sessions of other issuers on
// the host.
func (b *Browser) fitSession(w http.ResponseWriter, r *http.Request) {
	all := heldCookies(w, r)
	fits := func(left []held) bool { return sizeOf(left) <= budget }
	if fits(all) {
		return
	}
	own := map[string]bool{}
	for _, base := range []string{sessionBase, stateBase, deviceBase, writtenBase} {
		own[b.scope(r).Name(base)] = true
	}
	isFlow := func(h held) bool { return h.flow != uuid.Nil }
	isDevice := func(h held) bool { return strings.Contains(h.name, deviceBase) && !own[h.name] }
	isOther := func(h held) bool { return !own[h.name] }
	for _, may := range []func(held) bool{isFlow, isDevice, isOther} {
		all = b.drop(w, r, all, may, fits)
	}
}

// blocked reports whether the browser blocks cookies: the redirect that led here set one,
// and the request has none.
func (b *Browser) blocked(r *http.Request, id uuid.UUID) bool {
	const moment = 30 * time.Second
	age := b.Now().Sub(begunAt(id))
	site := r.Header.Get("Sec-Fetch-Site")
	if id == uuid.Nil || age < -moment || age > moment || site == "" || site == "none" {
		return false // an old address, one that was typed or pasted, or nobody can tell
	}
	return !slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool {
		_, ours := heldCookie(c.Name, c.Value)
		return ours
	})
}
