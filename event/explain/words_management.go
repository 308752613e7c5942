package explain

// managementWords are the codes of the management API's own errors. Each has a page in its reference.
var managementWords = map[string]words{
	"client_metadata_invalid":     {"A member of the client's metadata is not valid.", "errors names each member by its JSON Pointer."},
	"client_secret_not_found":     {"The client has no such secret, or it has expired.", "GET /clients/{id}/secrets lists those that are good."},
	"cannot_act_on":               {"Whoever or whatever was to be changed has rights that the caller has not.", "errors names the rights. Somebody who has them can do it."},
	"cannot_confer":               {"The caller has not got a right that was to be given.", "errors names the rights. Somebody who has them can give them."},
	"invalid_role":                {"The role is not valid.", "errors names the member."},
	"role_built_in":               {"The role is part of Plinto and cannot be changed.", "Make a role that includes it."},
	"role_key_taken":              {"Another role of the scope has that key.", "Choose another key."},
	"role_not_found":              {"There is no such role in that scope.", "GET /roles lists all."},
	"too_many_roles":              {"The tenant has 500 roles.", "Delete some, or have one for more users."},
	"changed_meanwhile":           {"Somebody else has changed it at the same time.", "Read it again and decide anew."},
	"external_id_taken":           {"Another user has that external id.", "GET /users?external_id=… finds that user; PUT /users/by-external-id changes it."},
	"idempotency_key_in_progress": {"The first request with this Idempotency-Key is still being served.", "Send it again in a moment: the answer will be that of the first."},
	"idempotency_key_mismatch":    {"This Idempotency-Key was used for another request in the last 24 hours.", "Make up a key for every request, and use it again only to send the same one again."},
	"invalid_body":                {"A part of the body is not what the contract says.", "errors names each part by its JSON Pointer."},
	"invalid_cursor":              {"The cursor was not given out for this list with these filters, or not by this server.", "Take cursors from next_cursor and previous_cursor, and keep the other parameters as they were."},
	"invalid_parameters":          {"A parameter is unknown, missing, given twice or not what the contract says.", "errors names each parameter."},
	"no_such_route":               {"The management API has nothing at this address.", "Compare it with the reference."},
	"permission_missing":          {"The token has the scope, and the roles of its user do not give the right.", "errors names the right. Somebody who has it can give it by a role."},
	"precondition_failed":         {"It is not in the version that If-Match names.", "Read it again, decide anew, and send its new ETag."},
	"rate_limited":                {"The caller has sent more requests than it may.", "Wait as long as Retry-After says. RateLimit shows what is left."},
	"resource_server_reserved":    {"The identifier is that of the management API.", "The management API is there without a resource server. Choose another identifier."},
	"invalid_resource_server":     {"A member of the resource server is not valid.", "errors names each member by its JSON Pointer."},
	"session_not_found":           {"The user has no such session.", ""},
	"unexpected_body":             {"The request has a body, and takes none.", ""},
}
