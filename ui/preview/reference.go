package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// A name of a member that is as long as none should be.
const longMember = "a_member_with_a_name_that_is_much_longer_than_anybody_would_like_to_read_or_write_by_hand"

// reference are the pages of the API's reference, which are English.
func (s *sample) reference() []Entry {
	frame := func(topic string) ui.ReferenceFrame {
		page := s.page
		page.Locale = ui.Locale{}
		return ui.ReferenceFrame{Page: page, Base: page.Base + "/admin/docs", Topics: []string{"users", "sessions", "resource_servers", "initial_access_tokens", "organizations"}, Topic: topic}
	}
	group := ui.ReferenceGroup{Topic: "users", Text: "People who sign in.", Operations: operations()}
	code := ui.ReferenceCode{Code: "idempotency_key_mismatch", Cause: "This Idempotency-Key was used for another request.", Remedy: "Make up a key for every request."}
	return []Entry{
		{Name: "reference", View: ui.ReferenceHomeView{
			ReferenceFrame: frame(""), Title: "Plinto management API", Text: "Manages one tenant, at `/admin/v1`.", Address: "https://auth.example.com/t/acme/admin/v1", Groups: []ui.ReferenceGroup{group},
		}},
		{Name: "reference, topic", View: ui.ReferenceTopicView{ReferenceFrame: frame("users"), ReferenceGroup: group}},
		{Name: "reference, errors", View: ui.ReferenceErrorsView{ReferenceFrame: frame("errors"), Codes: []ui.ReferenceCode{code, {Code: "storage_unavailable", Cause: "The database did not answer."}}}},
		{Name: "reference, error", View: ui.ReferenceErrorView{ReferenceFrame: frame("errors"), ReferenceCode: code}},
	}
}

// operations are some of the API, short and long.
func operations() []ui.ReferenceOperation {
	return []ui.ReferenceOperation{{
		ID: "listUsers", Method: "GET", Path: "/users", Summary: "List and find users", Permission: "users:read",
		Parameters: []ui.ReferenceField{{Name: "limit", Place: "query", Type: "integer", Text: "How many at most.", Limits: []string{"At least 1", "At most 100", "Without it: 20"}}},
		Answers: []ui.ReferenceAnswer{
			{Status: "200", Text: "Users, newest first.", Fields: []ui.ReferenceField{{Name: "data", Type: "array of object", Required: true, Fields: []ui.ReferenceField{
				{Name: "id", Type: "string", Required: true}, {Name: "profile", Type: "object", Fields: []ui.ReferenceField{{Name: "name", Type: "string"}}},
			}}, {Name: "next_cursor", Type: "string"}}},
			{Status: "default", Text: "What is wrong (RFC 9457).", Fields: []ui.ReferenceField{{Name: "code", Type: "string", Required: true}}},
		},
		Command: "curl \"https://auth.example.com/t/acme/admin/v1/users\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
	}, {
		ID: "updateUser", Method: "PATCH", Path: "/users/{user_id}/with/a/path/that/is/longer/than/a/telephone/is/wide/{and_more}", Summary: "Change a user",
		Text: "A JSON merge patch. `null` clears.", Permission: "users:write",
		Parameters: []ui.ReferenceField{{Name: "user_id", Place: "path", Type: "string", Required: true}},
		Body:       []ui.ReferenceField{{Name: longMember, Type: "string or null", Text: "See `" + longMember + "`.", Limits: []string{`Matches ^\+[1-9][0-9]{3,14}$`}}, {Name: "profile", Type: "object", Fields: []ui.ReferenceField{{Name: "name", Type: "string or null"}}}},
		Answers:    []ui.ReferenceAnswer{{Status: "204", Text: "It is changed."}},
		Command:    "curl -X PATCH \"https://a-very-long-host-name.that-nobody-can-read.apis.example.com/admin/v1/users/$USER_ID\" \\\n  -d '{\"" + longMember + "\":null}'",
	}, {
		ID: "deleteUser", Method: "DELETE", Path: "/users/{user_id}", Summary: "Delete a user", Permission: "users:write", Command: "curl -X DELETE",
	}}
}

// drawReference draws the views of this file, nil is of any other.
func drawReference(view any) templ.Component {
	switch v := view.(type) {
	case ui.ReferenceHomeView:
		return ui.ReferenceHome(v)
	case ui.ReferenceTopicView:
		return ui.ReferenceTopic(v)
	case ui.ReferenceErrorsView:
		return ui.ReferenceErrors(v)
	case ui.ReferenceErrorView:
		return ui.ReferenceError(v)
	}
	return nil
}
