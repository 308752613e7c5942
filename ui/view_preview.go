package ui

import "strings"

// PreviewView is /dev/preview: pages in frames, side by side.
type PreviewView struct {
	Page
	Choices []PreviewChoice
	Rows    []PreviewRow
	Omitted int    // frames that are chosen and not shown, because there are too many
	Mails   string // address of the list of mails
}

// A PreviewChoice is one field of the form that says what is shown.
type PreviewChoice struct {
	Name, Title string
	One         bool // one of the options, else any of them
	Options     []PreviewOption
}

// A PreviewOption is one of a choice.
type PreviewOption struct {
	Value, Title string
	Chosen       bool
}

// A PreviewRow is a page in one state.
type PreviewRow struct {
	Group  string // heading above it, or "" under that of the row before
	Title  string
	Frames []PreviewFrame
}

// A PreviewFrame is the page in one window, of so many pixels.
type PreviewFrame struct {
	Title         string
	URL           string // below /dev/preview/; nothing else is framed
	Width, Height string
}

// previewAddress returns an address that may be framed, or "".
func previewAddress(address string) string {
	if !strings.HasPrefix(address, "/dev/preview/") {
		return ""
	}
	return address
}
