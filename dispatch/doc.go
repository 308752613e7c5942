// Package dispatch takes a flow to its next step, and is the only way from one step to
// another. It gathers what provider.Flow.Next decides on. A step notes in the flow what it
// learned and then asks here: in the transaction that starts a session (Advance), or by
// way of the authorization endpoint (Decide), to which every other page sends the browser.
//
//	page ── POST ─→ notes what it learned ─┬─ Advance ──────┬─→ next page
//	                                       └─ 303 ─→ Decide ┴─→ answer to the client
//
// A new step is a requirement and its page in provider/flow.go, a package that serves the
// page, and its route.
package dispatch
