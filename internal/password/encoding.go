package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what an argon2id hash costs.
type Cost struct {
	Memory uint32 // KiB
	Time   uint32 // passes
}

// Floor is the least cost ever used (the OWASP minimum for argon2id with one lane).
var Floor = Cost{Memory: 19 << 10, Time: 2}

// Caps on hashes from elsewhere: a stored string must not buy seconds of work.
const (
	maxMemory = 128 << 10
	maxTime   = 10
	keyLen    = 32
	saltLen   = 16
)

var errEncoding = errors.New("not an argon2id PHC string within limits")

// decoded is a parsed "$argon2id$v=19$m=…,t=…,p=1[,keyid=…]$salt$hash".
type decoded struct {
	cost   Cost
	lanes  uint8
	pepper string // key id; "" for none
	salt   []byte
	hash   []byte
}

func (d decoded) encode() string {
	keyid := ""
	if d.pepper != "" {
		keyid = ",keyid=" + d.pepper
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d%s$%s$%s", argon2.Version, d.cost.Memory, d.cost.Time, d.lanes, keyid,
		base64.RawStdEncoding.EncodeToString(d.salt), base64.RawStdEncoding.EncodeToString(d.hash))
}

func decode(encoded string) (decoded, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return decoded{}, errEncoding
	}
	var d decoded
	if err := d.parameters(parts[3]); err != nil {
		return decoded{}, err
	}
	var errSalt, errHash error
	d.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	d.hash, errHash = base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(errSalt, errHash) != nil || !d.sane() {
		return decoded{}, errEncoding
	}
	return d, nil
}

// parameters reads "m=…,t=…,p=1[,keyid=…]".
func (d *decoded) parameters(text string) error {
	for _, p := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(p, "=")
		if name == "keyid" {
			d.pepper = value
			continue
		}
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return errEncoding
		}
		switch name {
		case "m":
			d.cost.Memory = uint32(n)
		case "t":
			d.cost.Time = uint32(n)
		case "p":
			d.lanes = uint8(min(n, 255))
		default:
			return errEncoding
		}
	}
	return nil
}

// isKeyID reports whether an id can stand in a PHC string.
func isKeyID(id string) bool {
	return len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func (d decoded) sane() bool {
	return isKeyID(d.pepper) && d.cost.Memory >= 8 && d.cost.Memory <= maxMemory && d.cost.Time >= 1 && d.cost.Time <= maxTime &&
		d.lanes >= 1 && d.lanes <= 4 && len(d.salt) >= 8 && len(d.salt) <= 64 && len(d.hash) >= 16 && len(d.hash) <= 64
}

// peppered mixes the server's key into the password, so that a copy of the
// database alone cannot be guessed against.
func peppered(password string, key [32]byte) []byte {
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(password))
	return m.Sum(nil)
}
