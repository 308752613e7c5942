package mail

import (
	"slices"
	"strings"

	"github.com/mileusna/useragent"
)

// browsers and systems are those that a mail names. A browser can send any name in its
// User-Agent: one that is not here is shown as it was sent.
var (
	browsers = map[string]string{
		useragent.Chrome: "Chrome", useragent.HeadlessChrome: "Chrome", useragent.Firefox: "Firefox", useragent.Safari: "Safari",
		useragent.MobileSafari: "Safari", useragent.Edge: "Edge", useragent.Opera: "Opera", useragent.Vivaldi: "Vivaldi",
		useragent.SamsungBrowser: "Samsung Internet",
	}
	systems = []string{useragent.Windows, useragent.MacOS, useragent.IOS, useragent.Android, useragent.Linux, useragent.ChromeOS}
)

// device words a User-Agent header as people know their browser: "Firefox on Windows". What
// it does not know it returns as it was sent, in one line.
func (v view) device(agent string) string {
	sent := line(agent, maxDevice)
	parsed := useragent.Parse(agent)
	browser, known := browsers[parsed.Name]
	if !known || parsed.Bot || strings.Contains(agent, "\n") {
		return sent
	}
	if !slices.Contains(systems, parsed.OS) {
		return browser
	}
	return v.own("device", "browser", browser, "system", parsed.OS)
}
