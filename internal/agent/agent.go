// Package agent reads which browser and system a User-Agent header names.
package agent

import (
	"slices"
	"strings"

	"github.com/mileusna/useragent"
)

// browsers and systems are those that are named to people. A browser can send any name.
var (
	browsers = map[string]string{
		useragent.Chrome: "Chrome", useragent.HeadlessChrome: "Chrome", useragent.Firefox: "Firefox", useragent.Safari: "Safari",
		useragent.MobileSafari: "Safari", useragent.Edge: "Edge", useragent.Opera: "Opera", useragent.Vivaldi: "Vivaldi",
		useragent.SamsungBrowser: "Samsung Internet",
	}
	systems = []string{useragent.Windows, useragent.MacOS, useragent.IOS, useragent.Android, useragent.Linux, useragent.ChromeOS}
)

// Names returns the browser and the system that a header names, as people know them: "Firefox",
// "Windows". The system is "" when it is not known, both are when the browser is not.
func Names(header string) (browser, system string) {
	parsed := useragent.Parse(header)
	browser, known := browsers[parsed.Name]
	if !known || parsed.Bot || strings.Contains(header, "\n") {
		return "", ""
	}
	if slices.Contains(systems, parsed.OS) {
		system = parsed.OS
	}
	return browser, system
}
