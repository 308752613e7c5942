package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"plinto/internal/secret"
)

// None is the name that stands for no profile: commands work on the database.
const None = "none"

// A Token is what a profile signs in with.
type Token struct {
	Access  string    `json:"access_token"`
	Refresh string    `json:"refresh_token,omitempty"`
	Expires time.Time `json:"expires_at"`
}

// A Profile is a server and how to sign in to it.
type Profile struct {
	Server   string `json:"server"` // issuer
	ClientID string `json:"client_id"`
	Token    Token  `json:"token,omitzero"`
}

// Profiles are those of one person on one machine, in a file that only they can read.
type Profiles struct {
	Current string             `json:"current,omitempty"`
	All     map[string]Profile `json:"profiles"`

	file string
}

var errNoHome = errors.New("there is no home directory to keep profiles in: set XDG_CONFIG_HOME")

// ReadProfiles reads the file; one that is not there is empty. "": there is nowhere to keep one.
func ReadProfiles(file string) (*Profiles, error) {
	p := &Profiles{All: map[string]Profile{}, file: file}
	if file == "" {
		return p, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("read profiles in %s: %w", file, err)
	}
	if p.All == nil {
		p.All = map[string]Profile{}
	}
	return p, nil
}

// Change changes the file: as it is now, since another command may have changed it meanwhile. The
// file is replaced, so a reader sees all of it or none of the change.
func (p *Profiles) Change(edit func(*Profiles)) error {
	if p.file == "" {
		return errNoHome
	}
	now, err := ReadProfiles(p.file)
	if err != nil {
		return err
	}
	edit(now)
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	dir := filepath.Dir(p.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	fresh := filepath.Join(dir, ".profiles-"+secret.Token(""))
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	if err := os.Rename(fresh, p.file); err != nil {
		return errors.Join(fmt.Errorf("write profiles: %w", err), os.Remove(fresh))
	}
	p.Current, p.All = now.Current, now.All
	return nil
}

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// CheckName refuses names of profiles that are no words.
func CheckName(name string) error {
	if name == None || !profileName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a profile", name)
	}
	return nil
}
