package main

const (
	directoryFile     = "identity/directory.go"
	registrarFile     = "provider/registrar.go"
	usersFile         = "storage/users.go"
	clientsFile       = "storage/clients.go"
	tenantsFile       = "storage/tenants.go"
	resourcesFile     = "storage/resourceservers.go"
	organizationsFile = "storage/organizations.go"
)

// writers are the controls of attacks by two who write the same row, and by somebody
// who was thrown out.
var writers = []control{
	{attacks: "SES-21", pkg: "storage", test: "TestEviction_endsEverythingThatIsNotNewer", says: "password: the session lives", edits: []edit{
		{directoryFile, "ended, err := d.evict(ctx, id, keep, event.SessionPasswordChanged)\n\t\treturn event.PasswordChanged{Sessions: ended}, err", "return event.PasswordChanged{}, nil"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestEviction_endsEverythingThatIsNotNewer", says: "sign-out: the session lives", edits: []edit{
		{directoryFile, "ended, err := d.evict(ctx, id, keep, event.SessionSignedOut)\n", "ended, err := 0, error(nil)\n"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestEviction_endsEverythingThatIsNotNewer", says: "enable: the session lives", edits: []edit{
		{directoryFile, "ended, err := d.evictAll(ctx, id, why)\n\t\treturn fact(ended), err", "return fact(0), nil"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestEviction_endsEverythingThatIsNotNewer", says: "refresh token", edits: []edit{
		{"storage/grants.go", "AND u.disabled_at IS NULL AND coalesce(g.user_mark = u.not_before, g.created_at >= u.not_before)\n", "AND u.not_before IS NOT NULL\n"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestSession_ofAProofFromBeforeAnEviction", edits: []edit{
		{sessionsFile, "AND not_before = coalesce(@mark::timestamptz, '-infinity') FOR SHARE)", "AND not_before IS NOT NULL FOR SHARE)"},
		{sessionsFile, "least(@rotated_at, now()), coalesce(@mark::timestamptz, '-infinity'), @waived_by, ", "least(@rotated_at, now()), (SELECT not_before FROM users WHERE id = @user_id AND @mark::timestamptz IS DISTINCT FROM 'infinity'), @waived_by, "},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestSession_renewedByAProofFromBeforeAnEviction", edits: []edit{
		{sessionsFile, "AND coalesce(s.mark = coalesce(@mark::timestamptz, '-infinity'), true)", "AND @mark::timestamptz IS DISTINCT FROM 'infinity'"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestClient_disabledOrMadePublicLosesWhatItWasGranted", says: "disabled", edits: []edit{
		{registrarFile, "if err := r.Writes.Mark(ctx, c.ID); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "SES-21", pkg: "storage", test: "TestClient_disabledOrMadePublicLosesWhatItWasGranted", says: "made public", edits: []edit{
		{registrarFile, "if others || !before.Public() && after.Public() {", "if others {"},
	}},
	{attacks: "SES-21", pkg: "tenant/registry", test: "TestTenant_enabledAgainIsOneWithoutItsOldSessions", edits: []edit{
		{tenantsFile, ",\n\t\t\tnot_before = greatest(now(), not_before + interval '1 microsecond')\n", "\n"},
	}},
	{attacks: "SES-21", pkg: "cmd/plinto/manifest", test: "TestApply_endsTheSessionsOfWhoIsDisabledOrDeleted", says: "user.deleted", edits: []edit{
		{directoryFile, "ended, err := d.evict(ctx, id, uuid.Nil, event.SessionUserDeleted)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn event.UserDeleted{Sessions: ended},", "return event.UserDeleted{},"},
	}},
	{attacks: "SES-21", pkg: "cmd/plinto/manifest", test: "TestApply_endsTheSessionsOfWhoIsDisabledOrDeleted", says: "got <nil>, want no session", edits: []edit{
		{"cmd/plinto/manifest/plan_user.go", "\t\treturn d.Disable(ctx, by, id)\n", "\t\treturn nil\n"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestRows_areWrittenOverOnTheVersionThatWasRead", says: "user: of eight", edits: []edit{
		{usersFile, "WHERE id = @id AND version = @version`, with)", "WHERE id = @id AND @version::bigint > 0`, with)"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestUser_writersUndoNothingOfEachOther", says: "profile changed while", edits: []edit{
		{usersFile, "WHERE id = @id AND version = @version`, with)", "WHERE id = @id AND @version::bigint > 0`, with)"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestUser_writersUndoNothingOfEachOther", says: "rehashed while", edits: []edit{
		{usersFile, "SET password_hash = $3 WHERE id = $1 AND password_hash = $2`", "SET password_hash = $3 WHERE id = $1 AND $2::text IS NOT NULL`"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestRows_areWrittenOverOnTheVersionThatWasRead", says: "client: of eight", edits: []edit{
		{clientsFile, "sector = $4, updated_at = now()\n\t\t\tWHERE id = $1 AND version = $2`", "sector = $4, updated_at = now()\n\t\t\tWHERE id = $1 AND $2::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestClient_writersUndoNothingOfEachOther", says: "client replaces itself × renamed", edits: []edit{
		{"storage/registrations.go", "WHERE id = $1 AND version = $2 AND disabled_at", "WHERE id = $1 AND $2::bigint > 0 AND disabled_at"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestClient_secretsThatWereRotatedStayAway", says: "on an old version", edits: []edit{
		{clientsFile, "`UPDATE clients SET updated_at = now() WHERE id = $1 AND version = $2`", "`UPDATE clients SET updated_at = now() WHERE id = $1 AND $2::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "tenant/registry", test: "TestTenant_isNotWrittenOverByWhoReadItEarlier", edits: []edit{
		{tenantsFile, "WHERE id = @id AND version = @version`", "WHERE id = @id AND @version::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "tenant/registry", test: "TestTenant_writersUndoNothingOfEachOther", says: "while somebody else", edits: []edit{
		{tenantsFile, "WHERE id = @id AND version = @version`", "WHERE id = @id AND @version::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestResourceServer_isNotWrittenOverByWhoReadItEarlier", edits: []edit{
		{resourcesFile, "WHERE identifier = @identifier AND version = @version`", "WHERE identifier = @identifier AND @version::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "storage", test: "TestResourceServer_thatWasDeletedStaysAway", says: "replaced", edits: []edit{
		{resourcesFile, "if r.Version > 0 {", "if r.Version < 0 {"},
	}},
	{attacks: "SES-22", pkg: "organization", test: "TestOrganization_isNotWrittenOverByWhoReadItEarlier", edits: []edit{
		{organizationsFile, "WHERE id = $1 AND version = $2`", "WHERE id = $1 AND $2::bigint > 0`"},
	}},
	{attacks: "SES-22", pkg: "organization", test: "TestOrganization_writersUndoNothingOfEachOther", says: "renamed while it was renamed", edits: []edit{
		{organizationsFile, "WHERE id = $1 AND version = $2`", "WHERE id = $1 AND $2::bigint > 0`"},
	}},
}
