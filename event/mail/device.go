package mail

import "plinto/internal/agent"

// device words a User-Agent header as people know their browser: "Firefox on Windows". What
// it does not know it returns as it was sent, in one line.
func (v view) device(header string) string {
	switch browser, system := agent.Names(header); {
	case browser == "":
		return line(header, maxDevice)
	case system == "":
		return browser
	default:
		return v.own("device", "browser", browser, "system", system)
	}
}
