package reference_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/internal/plintotest"
)

const shown = `[...document.querySelectorAll("[data-filter]")].filter(e => e.checkVisibility()).map(e => e.querySelector("a").textContent).join("|")`

// Under the policy of every page the script runs, narrows the list down and takes it back.
func TestReference_findsOperationsInChromium(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	ctx := chromium.Start(t, time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(s.Issuer()+"/admin/docs"), chromedp.WaitVisible("#filter")); err != nil {
		t.Fatal(err)
	}
	typed := func(text string) string {
		t.Helper()
		field := `document.getElementById("filter")`
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](field+`.value = "`+text+`", `+field+`.dispatchEvent(new Event("input")), `+shown))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := typed("post UNBLOCK"); got != "Let a user in again" {
		t.Errorf("found %q", got)
	}
	all := typed("")
	if len(all) < 100 {
		t.Errorf("all are %q", all)
	}
	if got := typed("no such thing"); got != "" {
		t.Errorf("found %q", got)
	}
	told, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("filter-none").textContent`))
	if err != nil || told != "Nothing fits." {
		t.Errorf("the page says %q, %v", told, err)
	}
}
