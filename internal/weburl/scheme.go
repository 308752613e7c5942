package weburl

import (
	"slices"
	"strings"
)

// taken are schemes that mean something to browsers or systems, so no app can have them for itself: some run what
// follows, some read files, some hand it to another program. Schemes with a dot are none of these.
var taken = []string{
	"about", "acct", "android-app", "blob", "cid", "content", "data", "dav", "dict", "dns", "facetime", "file", "filesystem",
	"ftp", "ftps", "gopher", "imap", "intent", "jar", "javascript", "jscript", "ldap", "ldaps", "livescript", "magnet", "mailto", "market",
	"mid", "mocha", "ms-appx", "ms-appx-web", "news", "nfs", "nntp", "oid", "pop", "res", "resource", "rlogin", "rtsp", "sftp", "shell", "sip",
	"sips", "smb", "sms", "ssh", "tag", "tel", "telnet", "tn3270", "urn", "vbs", "vbscript", "view-source", "wais", "ws", "wss", "xmpp",
}

// AppScheme reports whether an app or a browser extension can have a scheme for itself.
func AppScheme(scheme string) bool {
	lower := strings.ToLower(scheme)
	for label := range strings.SplitSeq(lower, ".") {
		if !IsLabel(label) {
			return false
		}
	}
	return (scheme[0] < '0' || scheme[0] > '9') && lower != "http" && lower != "https" && !slices.Contains(taken, lower)
}

// Runs reports whether a browser runs or shows what follows a scheme, instead of going
// there.
func Runs(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source":
		return true
	}
	return false
}
