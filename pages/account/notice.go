package account

import (
	"slices"
	"time"

	"plinto/ui"
)

// noticeBase is the cookie that carries what was done to the page that follows.
const (
	noticeBase = "plinto_n"
	noticeLife = time.Minute
)

func (v *visit) tell(notice ui.Notice) {
	if notice != "" {
		v.Browser.Cookies(v.r).Set(v.w, noticeBase, string(notice), noticeLife)
	}
}

// told is what was done, once.
func (v *visit) told() ui.Notice {
	text, ok := v.Browser.Cookies(v.r).Read(v.r, noticeBase)
	if !ok {
		return ""
	}
	v.Browser.Cookies(v.r).Clear(v.w, noticeBase)
	if notice := ui.Notice(text); slices.Contains(ui.Notices(), notice) {
		return notice
	}
	return ""
}
