package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/storage/internal/pg"
)

// CreateMany implements identity.UserBatch: what others have is looked for before, so that nothing
// fails that would end the transaction.
func (s *Users) CreateMany(ctx context.Context, users []identity.NewUser) ([]error, error) {
	b := newUserBatch(users)
	if err := s.markTaken(ctx, b); err != nil {
		return nil, pg.Wrap("look for users", err)
	}
	b.choose()
	if len(b.ids) == 0 {
		return b.errs, nil
	}
	raced := func(err error) error {
		if pg.Constraint(err) == "users_external_id_key" {
			return fault.ErrChanged
		}
		return err
	}
	err := pg.ExecLaterOr(ctx, s.DB, raced, `
		INSERT INTO users (id, username, email, email_verified, phone, phone_verified, profile, disabled_at, password_hash,
			password_set_at, external_id, public_metadata, private_metadata, created_at, updated_at)
		SELECT id, nullif(username, ''), nullif(email, ''), email_verified, nullif(phone, ''), phone_verified, profile, disabled_at,
			nullif(hash, ''), CASE WHEN hash <> '' THEN now() END, nullif(external_id, ''), public::jsonb, private::jsonb, created_at, now()
		FROM unnest(@ids::uuid[], @usernames::text[], @emails::text[], @emails_verified::bool[], @phones::text[], @phones_verified::bool[],
			@profiles::jsonb[], @disabled::timestamptz[], @hashes::text[], @external_ids::text[], @publics::text[], @privates::text[], @created::timestamptz[])
			AS u (id, username, email, email_verified, phone, phone_verified, profile, disabled_at, hash, external_id, public, private, created_at)`,
		b.named())
	if err != nil {
		return nil, pg.Wrap("create users", err)
	}
	stored, err := pg.Query(ctx, s.DB, pgx.RowTo[int], `
		WITH stored AS (
			INSERT INTO user_identifiers (canonical, kind, user_id)
			SELECT i.canonical, i.kind, i.user_id FROM unnest($1::text[], $2::text[], $3::uuid[]) AS i (canonical, kind, user_id)
			ON CONFLICT (tenant_id, canonical) DO NOTHING RETURNING 1
		)
		SELECT count(*)::int FROM stored`, b.canonical, b.kinds, b.owners)
	if err == nil && stored[0] < len(b.canonical) {
		err = fault.ErrChanged
	}
	return b.errs, pg.Wrap("create users", err)
}

// byExternalID finds the user of the external id w. OFFSET 0 has each looked up by its key (see grantStands): of a
// tenant that grows faster than its statistics, Postgres would rather read all rows than look for 500.
const byExternalID = `(SELECT * FROM users WHERE external_id = w OFFSET 0) `

// markTaken notes which users have what somebody else has.
func (s *Users) markTaken(ctx context.Context, b *userBatch) error {
	type holding struct{ Kind, Value string }
	taken, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[holding], `
		SELECT 'identifier', w FROM unnest($1::text[]) w
			CROSS JOIN LATERAL (SELECT FROM user_identifiers WHERE canonical = w OFFSET 0) i
		UNION ALL
		SELECT 'external id', w FROM unnest($2::text[]) w CROSS JOIN LATERAL `+byExternalID+`u`, b.wanted, b.external)
	for _, t := range taken {
		b.taken[t.Kind+" "+t.Value] = true
	}
	return err
}

// A userBatch is users to store, as columns.
type userBatch struct {
	users    []identity.NewUser
	names    [][]named // of each user
	errs     []error   // of each user
	wanted   []string
	external []string
	taken    map[string]bool

	// Of those who are stored.
	ids                                            []uuid.UUID
	usernames, emails, phones, hashes, externalIDs []string
	emailsVerified, phonesVerified                 []bool
	profiles                                       []identity.Profile
	disabled                                       []*time.Time
	created                                        []time.Time
	publics, privates                              []*string
	canonical, kinds                               []string
	owners                                         []uuid.UUID
}

// A named is what a user may sign in with.
type named struct{ kind, canonical string }

func newUserBatch(users []identity.NewUser) *userBatch {
	b := &userBatch{users: users, names: make([][]named, len(users)), errs: make([]error, len(users)), taken: map[string]bool{}}
	for i := range users {
		b.names[i], b.errs[i] = namesOf(&users[i].User)
		for _, n := range b.names[i] {
			b.wanted = append(b.wanted, n.canonical)
		}
		if kept := users[i].User.Kept; kept != nil && kept.ExternalID != "" {
			b.external = append(b.external, kept.ExternalID)
		}
	}
	return b
}

// choose fills the columns with the users who can be stored: of two who want the same the first.
func (b *userBatch) choose() {
	for i := range b.users {
		if b.errs[i] == nil {
			b.errs[i] = b.claim(i)
		}
		if b.errs[i] == nil {
			b.add(&b.users[i], b.names[i])
		}
	}
}

// claim takes the names of a user, or says who is in the way.
func (b *userBatch) claim(i int) error {
	keys := make([]string, 0, 3)
	for _, n := range b.names[i] {
		switch key := "identifier " + n.canonical; {
		case b.taken[key] && n.kind == "email":
			return identity.ErrEmailTaken
		case b.taken[key]:
			return identity.ErrUsernameTaken
		default:
			keys = append(keys, key)
		}
	}
	if kept := b.users[i].User.Kept; kept != nil && kept.ExternalID != "" {
		key := "external id " + kept.ExternalID
		if b.taken[key] {
			return identity.ErrExternalID
		}
		keys = append(keys, key)
	}
	for _, key := range keys {
		b.taken[key] = true
	}
	return nil
}

func (b *userBatch) add(n *identity.NewUser, names []named) {
	u, kept := &n.User, identity.Kept{}
	if u.Kept != nil {
		kept = *u.Kept
	}
	b.ids, b.created = append(b.ids, u.ID), append(b.created, u.CreatedAt)
	b.usernames, b.emails, b.phones = append(b.usernames, u.Username), append(b.emails, u.Email), append(b.phones, u.Phone)
	b.hashes, b.externalIDs = append(b.hashes, string(n.Password)), append(b.externalIDs, kept.ExternalID)
	b.emailsVerified, b.phonesVerified = append(b.emailsVerified, u.EmailVerified), append(b.phonesVerified, u.PhoneVerified)
	b.profiles = append(b.profiles, u.Profile)
	b.publics, b.privates = append(b.publics, document(kept.Public)), append(b.privates, document(kept.Private))
	var disabled *time.Time
	if !u.DisabledAt.IsZero() {
		disabled = &u.DisabledAt
	}
	b.disabled = append(b.disabled, disabled)
	for _, name := range names {
		b.canonical, b.kinds, b.owners = append(b.canonical, name.canonical), append(b.kinds, name.kind), append(b.owners, u.ID)
	}
}

func document(raw []byte) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}

func (b *userBatch) named() pg.Named {
	return pg.Named{
		"ids": b.ids, "usernames": b.usernames, "emails": b.emails, "emails_verified": b.emailsVerified, "phones": b.phones,
		"phones_verified": b.phonesVerified, "profiles": b.profiles, "disabled": b.disabled, "hashes": b.hashes,
		"external_ids": b.externalIDs, "publics": b.publics, "privates": b.privates, "created": b.created,
	}
}

// namesOf returns what a user may sign in with. A user name may be the user's own address.
func namesOf(u *identity.User) (names []named, err error) {
	for _, id := range []named{{"email", u.Email}, {"username", u.Username}} {
		if id.canonical == "" {
			continue
		}
		c, err := identity.Canonical(id.canonical)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 || names[0].canonical != c {
			names = append(names, named{id.kind, c})
		}
	}
	return names, nil
}

// heldFields are for what bulkColumns selects.
func heldFields(to []any, c *identity.Credential) []any {
	return append(managedFields(to, &c.User), &c.PasswordHash)
}

const bulkColumns = managedColumns + `, coalesce(u.password_hash, '')`

// Held implements bulk.Users.
func (s *Users) Held(ctx context.Context, externalIDs []string) ([]identity.Credential, error) {
	found, err := pg.QueryPage(ctx, s.DB, len(externalIDs), heldFields, `
		SELECT `+bulkColumns+` FROM unnest($1::text[]) w CROSS JOIN LATERAL `+byExternalID+`u`, externalIDs)
	return found, pg.Wrap("find users", err)
}

// Page implements bulk.Users.
func (s *Users) Page(ctx context.Context, after uuid.UUID, limit int) ([]identity.Credential, error) {
	found, err := pg.QueryPage(ctx, s.DB, limit, heldFields, `SELECT `+bulkColumns+` FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2`, after, limit)
	return found, pg.Wrap("read users", err)
}
