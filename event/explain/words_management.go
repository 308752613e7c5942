package explain

// managementWords are the codes of the management API's own errors. Each has a page in its reference.
var managementWords = map[string]words{
	"changed_meanwhile":           {"Somebody else has changed it at the same time.", "Read it again and decide anew."},
	"external_id_taken":           {"Another user has that external id.", "GET /users?external_id=… finds that user; PUT /users/by-external-id changes it."},
	"idempotency_key_in_progress": {"The first request with this Idempotency-Key is still being served.", "Send it again in a moment: the answer will be that of the first."},
	"idempotency_key_mismatch":    {"This Idempotency-Key was used for another request in the last 24 hours.", "Make up a key for every request, and use it again only to send the same one again."},
	"invalid_body":                {"A part of the body is not what the contract says.", "errors names each part by its JSON Pointer."},
	"invalid_cursor":              {"The cursor was not given out for this list with these filters, or not by this server.", "Take cursors from next_cursor and previous_cursor, and keep the other parameters as they were."},
	"invalid_parameters":          {"A parameter is unknown, missing, given twice or not what the contract says.", "errors names each parameter."},
	"malformed_path":              {"The path has dot segments, doubled slashes, control characters or what is no UTF-8.", "Encode each part of a path by itself, and look at the ids in it."},
	"method_not_allowed":          {"Nothing at this address has that method.", "Allow names those that it has."},
	"no_such_route":               {"The management API has nothing at this address.", "Compare it with the reference."},
	"permission_missing":          {"The token has the scope, and the roles of its user do not give the right.", "errors names the right. Somebody who has it can give it by a role."},
	"precondition_failed":         {"It is not in the version that If-Match names.", "Read it again, decide anew, and send its new ETag."},
	"rate_limited":                {"The caller has sent more requests than it may.", "Wait as long as Retry-After says. RateLimit shows what is left."},
	"session_not_found":           {"The user has no such session.", ""},
	"reference_page_unknown":      {"The reference of the management API has no page of that name.", "Its first page lists all topics, and its page of errors all codes."},
	"unexpected_body":             {"The request has a body, and takes none.", ""},
}
