package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

// stepTime is how long a step in the browser may take. A development server compiles a page when it is first asked.
const stepTime = 90 * time.Second

//go:embed walk.js
var walkScript string

// A shown is what walk.js tells of a page.
type shown struct {
	At     string `json:"at"`
	Hosted bool   `json:"hosted"` // it is a page of the issuer
	Asks   string `json:"asks"`   // password, consent, logout, error, or ""
	Text   string `json:"text"`
	Ready  bool   `json:"ready"`
}

// A walker is a browser that signs one user in.
type walker struct {
	issuer string
	user   user
}

// open starts a fresh browser and returns the context of its tab; end ends it.
func open(ctx context.Context, dir string) (tab context.Context, end func(), err error) {
	options, err := chromium.Options(dir)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	tab, cancelTab := chromedp.NewContext(ctx)
	end = func() {
		cancelTab()
		cancel()
	}
	if err := chromedp.Do(tab); err != nil {
		end()
		return nil, nil, fmt.Errorf("start Chromium: %w", err)
	}
	return tab, end, nil
}

// do runs actions for at most stepTime.
func (w *walker) do(ctx context.Context, actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// take opens the address of a step, if it has one, and clicks what it says.
func (w *walker) take(ctx context.Context, address, click string) error {
	if address != "" {
		if err := w.do(ctx, chromedp.Navigate(address)); err != nil {
			return fmt.Errorf("open %s: %w", address, err)
		}
	}
	if click != "" {
		if err := w.do(ctx, chromedp.Click(chromedp.CSS(click))); err != nil {
			return fmt.Errorf("click %s: %w", click, err)
		}
	}
	return nil
}

// errAsked says that a step came to the form for the password.
var errAsked = errors.New("the password was asked for")

// until looks at pages, and fills in those of the issuer, until a page of the application shows a text. Without signIn
// the form for the password is errAsked.
func (w *walker) until(ctx context.Context, text string, signIn bool) error {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var last shown
	for {
		if now, err := w.look(ctx, signIn); err == nil { // else the page is just being left
			last = now
		}
		switch {
		case last.Asks == "error":
			return fmt.Errorf("an error page at %s:\n%s", last.At, last.Text)
		case last.Asks == "password" && !signIn:
			return errAsked
		case !last.Hosted && last.Ready && strings.Contains(last.Text, text):
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no page with %q; the last one was %s:\n%s", text, last.At, last.Text)
		}
	}
}

func (w *walker) look(ctx context.Context, signIn bool) (shown, error) {
	password := ""
	if signIn {
		password = w.user.Password
	}
	arguments, err := json.Marshal([]string{w.issuer, w.user.Email, password})
	if err != nil {
		return shown{}, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[shown]("("+walkScript+")(..."+string(arguments)+")"))
}
