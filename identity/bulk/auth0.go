package bulk

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"plinto/identity"
	"plinto/identity/mfa"
)

// Auth0 reads users as Auth0 writes and takes them: a list as its bulk import wants it
// (auth0.com/docs/manage-users/user-migration/bulk-user-import-database-schema-and-examples), or an object a line as its
// exports of users and of password hashes have it. What of a user has no place here is in the notes of the line.
func Auth0(r io.Reader) Lines {
	in := bufio.NewReader(r)
	return &auth0{in: in, users: json.NewDecoder(in)}
}

var errAuth0 = errors.New("this is no file of Auth0's: it has neither a list of users nor a user a line")

type auth0 struct {
	in    *bufio.Reader
	users *json.Decoder
	begun bool
	list  bool
}

// Next implements Lines.
func (a *auth0) Next() (Line, error) {
	if !a.begun {
		if err := a.begin(); err != nil {
			return Line{}, err
		}
	}
	if a.list && !a.users.More() {
		return Line{}, io.EOF
	}
	var u a0User
	if err := a.users.Decode(&u); errors.Is(err, io.EOF) {
		return Line{}, io.EOF
	} else if err != nil {
		return Line{}, fmt.Errorf("read user: %w", err)
	}
	return u.line()
}

// begin finds out which of the forms it is.
func (a *auth0) begin() error {
	for {
		first, err := a.in.ReadByte()
		switch {
		case err != nil:
			return errAuth0
		case strings.ContainsRune(" \t\r\n", rune(first)):
			continue
		case first != '[' && first != '{':
			return errAuth0
		}
		if err := a.in.UnreadByte(); err != nil {
			return fmt.Errorf("read file: %w", err)
		}
		if a.begun, a.list = true, first == '['; a.list {
			_, err = a.users.Token()
		}
		return err
	}
}

// An a0User is a user of Auth0's; what it is called in an export of hashes is in brackets.
type a0User struct {
	ID      string `json:"user_id"`
	ShortID string `json:"id"`
	Object  struct {
		OID string `json:"$oid"`
	} `json:"_id"` // [user_id]

	Email         string     `json:"email"`
	EmailVerified *bool      `json:"email_verified"`
	Username      string     `json:"username"`
	Phone         string     `json:"phone_number"`
	PhoneVerified *bool      `json:"phone_verified"`
	Name          string     `json:"name"`
	GivenName     string     `json:"given_name"`
	FamilyName    string     `json:"family_name"`
	Nickname      string     `json:"nickname"`
	Picture       string     `json:"picture"`
	Blocked       *bool      `json:"blocked"`
	CreatedAt     *time.Time `json:"created_at"`

	PasswordHash string  `json:"password_hash"`
	Hash         string  `json:"passwordHash"` // [password_hash]
	Custom       *a0Hash `json:"custom_password_hash"`

	Factors []struct {
		TOTP  *struct{ Secret string } `json:"totp"` // base32
		Phone json.RawMessage          `json:"phone"`
		Email json.RawMessage          `json:"email"`
	} `json:"mfa_factors"`
	UserMetadata json.RawMessage `json:"user_metadata"`
	AppMetadata  json.RawMessage `json:"app_metadata"`
}

// An a0Hash is a hash that Auth0 did not make.
type a0Hash struct {
	Algorithm string
	Hash      a0Bytes
	Salt      *struct {
		a0Bytes
		Position string // "prefix" or "suffix" of the password
	}
}

type a0Bytes struct{ Value, Encoding string }

func (b *a0Bytes) decode() ([]byte, error) {
	switch b.Encoding {
	case "hex":
		return hex.DecodeString(b.Value)
	case "base64":
		return base64.StdEncoding.DecodeString(b.Value)
	}
	return []byte(b.Value), nil
}

// database starts the ids of users who sign in with a password.
const database = "auth0|"

func (u *a0User) line() (Line, error) {
	var l Line
	row := Row{EmailVerified: u.EmailVerified, PhoneVerified: u.PhoneVerified, Blocked: u.Blocked, CreatedAt: u.CreatedAt}
	for _, id := range []string{u.Object.OID, u.ShortID, u.ID} {
		if id != "" {
			row.ExternalID = strings.TrimPrefix(id, database)
		}
	}
	if provider, _, ok := strings.Cut(row.ExternalID, "|"); ok {
		l.note("identity_not_taken", provider)
	}
	for to, value := range map[**string]*string{&row.Email: &u.Email, &row.Username: &u.Username, &row.Phone: &u.Phone} {
		if *value != "" {
			*to = value
		}
	}
	row.Profile = u.profile()
	u.password(&row, &l)
	u.factors(&row, &l)
	row.Public, row.Private = metadataOf(&l, "user_metadata", u.UserMetadata), metadataOf(&l, "app_metadata", u.AppMetadata)
	var err error
	l.Raw, err = json.Marshal(row)
	return l, err
}

// profile are the names of a user, nil of none. Auth0 gives who has no name their address.
func (u *a0User) profile() *identity.Profile {
	p := identity.Profile{Name: u.Name, GivenName: u.GivenName, FamilyName: u.FamilyName, Nickname: u.Nickname, Picture: u.Picture}
	if strings.EqualFold(p.Name, u.Email) {
		p.Name = ""
	}
	if p == (identity.Profile{}) {
		return nil
	}
	return &p
}

func (u *a0User) password(row *Row, l *Line) {
	for _, hash := range []string{u.Hash, u.PasswordHash} {
		if hash != "" {
			row.PasswordHash = hash
		}
	}
	if u.Custom == nil {
		return
	}
	if row.PasswordHash = u.Custom.encoded(); row.PasswordHash == "" {
		l.Err = errHash.At(errHashField(u.Custom.Algorithm))
	}
}

// saltedSHA are schemes of RFC 2307 and its followers, of the password before the salt.
var saltedSHA = map[string]string{"sha1": "{SSHA}", "sha256": "{SSHA256}", "sha512": "{SSHA512}"}

// encoded writes the hash as package password reads it; "" of an algorithm that it does not.
func (h *a0Hash) encoded() string {
	switch h.Algorithm {
	case "bcrypt", "argon2", "ldap":
		return h.Hash.Value
	case "pbkdf2": // $pbkdf2-sha512$i=10000,l=64$salt$hash
		parts := strings.Split(h.Hash.Value, "$")
		if len(parts) != 5 {
			return ""
		}
		iterations, _, _ := strings.Cut(strings.TrimPrefix(parts[2], "i="), ",")
		return fmt.Sprintf("$%s$%s$%s$%s", parts[1], iterations, parts[3], parts[4])
	case "sha1", "sha256", "sha512":
		if h.Salt == nil || h.Salt.Position != "suffix" {
			return ""
		}
		digest, errDigest := h.Hash.decode()
		salt, errSalt := h.Salt.decode()
		if errDigest != nil || errSalt != nil {
			return ""
		}
		return saltedSHA[h.Algorithm] + base64.StdEncoding.EncodeToString(append(digest, salt...))
	}
	return ""
}

func (u *a0User) factors(row *Row, l *Line) {
	for _, f := range u.Factors {
		switch {
		case f.TOTP != nil:
			app := App{Secret: f.TOTP.Secret}
			if _, err := mfa.ParseSecret(app.Secret); err != nil {
				l.note("authenticator_not_taken", "a secret of another length")
				continue
			}
			row.TOTP = append(row.TOTP, app)
		case f.Phone != nil:
			l.note("authenticator_not_taken", "phone")
		default:
			l.note("authenticator_not_taken", "email")
		}
	}
}

// metadataOf is metadata that is an object and not too large.
func metadataOf(l *Line, name string, text json.RawMessage) json.RawMessage {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || bytes.Equal(text, []byte("{}")) || bytes.Equal(text, []byte("null")) {
		return nil
	}
	if text[0] != '{' || len(text) > maxMetadata {
		l.note("attributes_not_taken", name)
		return nil
	}
	return text
}
