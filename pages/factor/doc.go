// Package factor has the pages on which a user proves a second factor, adds one, and puts
// recovery codes away.
//
// What was proved before comes from the flow, where no session was started yet, or from the
// session. A form counts only while the flow is at its step: the dispatcher says so.
package factor
