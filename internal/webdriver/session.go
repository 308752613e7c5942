package webdriver

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

// timeout is how long a page may take to be as wanted.
const timeout = 60 * time.Second

// A command has a name in Marionette, and a method and path in HTTP.
type command struct {
	name         string
	method, path string
}

var (
	navigate   = command{"WebDriver:Navigate", "POST", "/url"}
	address    = command{"WebDriver:GetCurrentURL", "GET", "/url"}
	title      = command{"WebDriver:GetTitle", "GET", "/title"}
	find       = command{"WebDriver:FindElement", "POST", "/element"}
	click      = command{"WebDriver:ElementClick", "POST", "/element/%s/click"}
	clearField = command{"WebDriver:ElementClear", "POST", "/element/%s/clear"}
	sendKeys   = command{"WebDriver:ElementSendKeys", "POST", "/element/%s/value"}
	script     = command{"WebDriver:ExecuteScript", "POST", "/execute/sync"}
	back       = command{"WebDriver:Back", "POST", "/back"}
	resize     = command{"WebDriver:SetWindowRect", "POST", "/window/rect"}
)

// A wire carries commands to a browser and decodes the value of the answer.
type wire interface {
	call(c command, element string, params map[string]any, value any) error
	// picture returns the window as PNG.
	picture() ([]byte, error)
}

// A Session is one window of a browser. What fails ends the test.
type Session struct {
	t    testing.TB
	wire wire
}

func (s *Session) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Open goes to an address.
func (s *Session) Open(url string) {
	s.t.Helper()
	s.must(s.wire.call(navigate, "", map[string]any{"url": url}, nil))
}

// Back goes back, as the button does.
func (s *Session) Back() {
	s.t.Helper()
	s.must(s.wire.call(back, "", map[string]any{}, nil))
}

// Resize gives the window a size in pixels.
func (s *Session) Resize(width, height int) {
	s.t.Helper()
	s.must(s.wire.call(resize, "", map[string]any{"x": 0, "y": 0, "width": width, "height": height}, nil))
}

// Address is that of the page.
func (s *Session) Address() (url string) {
	s.t.Helper()
	s.must(s.wire.call(address, "", nil, &url))
	return url
}

// Title is that of the page.
func (s *Session) Title() (text string) {
	s.t.Helper()
	s.must(s.wire.call(title, "", nil, &text))
	return text
}

// element waits until something matches the CSS selector.
func (s *Session) element(selector string) string {
	s.t.Helper()
	var id string
	s.Until("there is "+selector, func() bool {
		var found map[string]string
		if s.wire.call(find, "", map[string]any{"using": "css selector", "value": selector}, &found) != nil {
			return false
		}
		for _, id = range found {
			return true // the one member has a name of the protocol
		}
		return false
	})
	return id
}

// Click clicks on what matches the selector once it is there.
func (s *Session) Click(selector string) {
	s.t.Helper()
	s.must(s.wire.call(click, s.element(selector), map[string]any{}, nil))
}

// Type types into a field, in place of what is there.
func (s *Session) Type(selector, text string) {
	s.t.Helper()
	id := s.element(selector)
	s.must(s.wire.call(clearField, id, map[string]any{}, nil))
	s.must(s.wire.call(sendKeys, id, map[string]any{"text": text}, nil))
}

// Wait waits until something matches the selector.
func (s *Session) Wait(selector string) {
	s.t.Helper()
	s.element(selector)
}

// Script runs the body of a function in the page and returns its value as a text.
func (s *Session) Script(body string) string {
	s.t.Helper()
	var value any
	s.must(s.wire.call(script, "", map[string]any{"script": body, "args": []any{}}, &value))
	if text, ok := value.(string); ok {
		return text
	}
	out, err := json.Marshal(value)
	s.must(err)
	return string(out)
}

// Until looks again until f is true.
func (s *Session) Until(what string, f func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(timeout); !f(); <-tick.C {
		if time.Now().After(end) {
			var url string
			_ = s.wire.call(address, "", nil, &url) // to say where
			s.t.Fatalf("not within %s: %s, at %s", timeout, what, url)
		}
	}
}

// Picture writes the window to a file as PNG.
func (s *Session) Picture(file string) {
	s.t.Helper()
	png, err := s.wire.picture()
	s.must(err)
	s.must(os.WriteFile(file, png, 0o600))
}

func decodePicture(text string) ([]byte, error) {
	png, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return png, nil
}
