// Package checksession is the session iframe (OpenID Connect Session Management
// 1.0 §3.2): a page of ours that a client's page holds in a hidden frame and asks,
// by message, whether the browser is still signed in as it was.
//
//	GET /oauth2/session/check
//
// It is the one page that may be framed by everybody. It shows nothing, has no
// form, reads one cookie that is worth nothing (browser.StateCookie) and answers
// with one of three words. What it compares is provider.SessionState.
package checksession
