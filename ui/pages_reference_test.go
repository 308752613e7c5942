package ui

// referenceSpecimens are the pages of the API's reference.
func referenceSpecimens(page Page) map[string]specimen {
	page.Locale = Locale{} // its texts are English
	frame := func(topic string) ReferenceFrame {
		return ReferenceFrame{Page: page, Base: "/t/acme/admin/docs", Topics: []string{"users", "sessions", "resource_servers", "initial_access_tokens", "organizations"}, Topic: topic}
	}
	long := "a_member_with_a_name_that_is_much_longer_than_anybody_would_like_to_read_or_write_by_hand"
	list := ReferenceOperation{
		ID: "listUsers", Method: "GET", Path: "/users", Summary: "List and find users", Permission: "users:read",
		Parameters: []ReferenceField{{Name: "limit", Place: "query", Type: "integer", Text: "How many at most.", Limits: []string{"At least 1", "At most 100", "Without it: 20"}}},
		Answers: []ReferenceAnswer{
			{Status: "200", Text: "Users, newest first.", Fields: []ReferenceField{{Name: "data", Type: "array of object", Required: true, Fields: []ReferenceField{
				{Name: "id", Type: "string", Required: true}, {Name: "profile", Type: "object", Fields: []ReferenceField{{Name: "name", Type: "string"}}},
			}}, {Name: "next_cursor", Type: "string"}}},
			{Status: "default", Text: "What is wrong (RFC 9457).", Fields: []ReferenceField{{Name: "code", Type: "string", Required: true}}},
		},
		Command: "curl \"https://auth.example.com/t/acme/admin/v1/users\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
	}
	patch := ReferenceOperation{
		ID: "updateUser", Method: "PATCH", Path: "/users/{user_id}/with/a/path/that/is/longer/than/a/telephone/is/wide/{and_more}", Summary: "Change a user",
		Text: "A JSON merge patch. `null` clears.", Permission: "users:write",
		Parameters: []ReferenceField{{Name: "user_id", Place: "path", Type: "string", Required: true}},
		Body:       []ReferenceField{{Name: long, Type: "string or null", Text: "See `" + long + "`.", Limits: []string{`Matches ^\+[1-9][0-9]{3,14}$`}}, {Name: "profile", Type: "object", Fields: []ReferenceField{{Name: "name", Type: "string or null"}}}},
		Answers:    []ReferenceAnswer{{Status: "204", Text: "It is changed."}},
		Command:    "curl -X PATCH \"https://a-very-long-host-name.that-nobody-can-read.apis.example.com/admin/v1/users/$USER_ID\" \\\n  -d '{\"" + long + "\":null}'",
	}
	remove := ReferenceOperation{ID: "deleteUser", Method: "DELETE", Path: "/users/{user_id}", Summary: "Delete a user", Permission: "users:write", Command: "curl -X DELETE"}
	group := ReferenceGroup{Topic: "users", Text: "People who sign in.", Operations: []ReferenceOperation{list, patch, remove}}
	code := ReferenceCode{"idempotency_key_mismatch", "This Idempotency-Key was used for another request.", "Make up a key for every request."}
	return map[string]specimen{
		"reference": {ReferenceHomeView{
			ReferenceFrame: frame(""), Title: "Plinto management API", Text: "Manages one tenant, at `/admin/v1`.", Address: "https://auth.example.com/t/acme/admin/v1", Groups: []ReferenceGroup{group},
		}, "document address filter-box filter"},
		"reference, topic":  {ReferenceTopicView{ReferenceFrame: frame("users"), ReferenceGroup: group}, "document back listUsers updateUser deleteUser listUsers-command"},
		"reference, errors": {ReferenceErrorsView{ReferenceFrame: frame("errors"), Codes: []ReferenceCode{code, {"x", "X.", ""}}}, "document back filter"},
		"reference, error":  {ReferenceErrorView{ReferenceFrame: frame("errors"), ReferenceCode: code}, "cause remedy codes"},
	}
}
