package preview

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plinto/internal/web"
	"plinto/ui"
)

// A Window is what a page is looked at in, in pixels.
type Window struct{ Title, Width, Height string }

// Windows are the sizes on the sheet. At 320 pixels nothing may have to be scrolled in two directions (WCAG 2.2, 1.4.10).
func Windows() []Window {
	return []Window{
		{Title: "Small phone", Width: "320", Height: "640"},
		{Title: "Phone", Width: "390", Height: "844"},
		{Title: "Tablet", Width: "768", Height: "1024"},
		{Title: "Desktop", Width: "1280", Height: "900"},
	}
}

// mostFrames is how many frames a sheet has: they are loaded when they are scrolled to.
const mostFrames = 1500

// mails is the group of mails.
const mails = "Mails"

// A row is a page or a mail that can be chosen.
type row struct{ group, title, path string }

// rows are all of them.
func (s *Site) rows() (all []row) {
	for _, e := range Entries(ui.Page{}) {
		all = append(all, row{e.Group, e.Name, e.Slug()})
	}
	for _, kind := range s.Mails {
		all = append(all, row{mails, kind, "mail/" + kind})
	}
	return all
}

// sheet answers with what the form asks for.
func (s *Site) sheet(w http.ResponseWriter, r *http.Request) error {
	brands, err := s.brands(r.Context())
	if err != nil {
		return err
	}
	all := s.rows()
	c := choices{asked: r.URL.Query()}
	groups, pages := []ui.PreviewOption{{Title: "All"}}, []ui.PreviewOption{{Title: "All"}}
	for i, one := range all {
		if i == 0 || all[i-1].group != one.group {
			groups = append(groups, ui.PreviewOption{Value: one.group, Title: one.group})
		}
		pages = append(pages, ui.PreviewOption{Value: one.path, Title: one.title})
	}
	group, page := c.one("group", "Pages", groups), c.one("page", "One page", pages)
	langs := c.some("lang", "Language", options(ui.Languages(), func(l ui.Language) (string, string) { return l.Tag, l.Name }))
	themes := c.some("theme", "Theme", options(Themes(), func(t Theme) (string, string) { return string(t), strings.ToUpper(string(t[:1])) + string(t[1:]) }))
	windows := c.some("width", "Window", options(Windows(), func(w Window) (string, string) { return w.Width, w.Title + ", " + w.Width }), "390")
	looks := c.some("brand", "Brand", options(brands, func(b Brand) (string, string) { return b.Key, b.Title }))
	scripts := c.one("scripts", "Scripts", []ui.PreviewOption{{Title: "Run"}, {Value: "off", Title: "Off"}})

	v := ui.PreviewView{Page: ui.Page{Nonce: web.Nonce(r.Context())}, Choices: c.all, Mails: "/dev/mail/preview"}
	var frames []frame
	for _, lang := range langs {
		for _, theme := range themes {
			for _, b := range looks {
				for _, window := range windows {
					l := look{lang: lang.Value, theme: Theme(theme.Value), scripts: scripts != "off"}
					l.brand.Key = b.Value
					i := slices.IndexFunc(Windows(), func(w Window) bool { return w.Width == window.Value })
					frames = append(frames, frame{l, Windows()[i], strings.Join([]string{lang.Title, theme.Title, window.Title, b.Title}, ", ")})
				}
			}
		}
	}
	all = slices.DeleteFunc(all, func(one row) bool { return group != "" && one.group != group || page != "" && one.path != page })
	v.Rows, v.Omitted = lay(all, frames)
	return web.RenderFraming(w, r, http.StatusOK, ui.Preview(v), []string{"'self'"})
}

// A frame is how each page is shown.
type frame struct {
	look
	Window
	title string
}

// lay puts rows into their frames, as many as a sheet has, and counts those that it leaves out.
func lay(all []row, frames []frame) (shown []ui.PreviewRow, omitted int) {
	group := ""
	for i, one := range all {
		if (i+1)*len(frames) > mostFrames {
			return shown, (len(all) - i) * len(frames)
		}
		next := ui.PreviewRow{Title: one.title}
		if one.group != group {
			group = one.group
			next.Group = group
		}
		for _, f := range frames {
			next.Frames = append(next.Frames, ui.PreviewFrame{Title: f.title, URL: f.address(one.path), Width: f.Width, Height: f.Height})
		}
		shown = append(shown, next)
	}
	return shown, omitted
}

func options[T any](all []T, of func(T) (value, title string)) (made []ui.PreviewOption) {
	for _, one := range all {
		value, title := of(one)
		made = append(made, ui.PreviewOption{Value: value, Title: title})
	}
	return made
}

// choices reads the form, and fills it in as it was sent.
type choices struct {
	asked url.Values
	all   []ui.PreviewChoice
}

// one returns the value that is chosen, the first by default.
func (c *choices) one(name, title string, options []ui.PreviewOption) string {
	i := max(slices.IndexFunc(options, func(o ui.PreviewOption) bool { return o.Value == c.asked.Get(name) }), 0)
	options[i].Chosen = true
	c.all = append(c.all, ui.PreviewChoice{Name: name, Title: title, One: true, Options: options})
	return options[i].Value
}

// some returns the options that are chosen; none is one alone, the first unless another is named.
func (c *choices) some(name, title string, options []ui.PreviewOption, otherwise ...string) (chosen []ui.PreviewOption) {
	choose := func(values ...string) {
		for i, o := range options {
			if slices.Contains(values, o.Value) {
				options[i].Chosen = true
				chosen = append(chosen, options[i])
			}
		}
	}
	if choose(c.asked[name]...); len(chosen) == 0 {
		choose(cmp.Or(strings.Join(otherwise, ""), options[0].Value))
	}
	c.all = append(c.all, ui.PreviewChoice{Name: name, Title: title, Options: options})
	return chosen
}
