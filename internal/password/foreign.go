package password

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // to read what others stored; a hash of ours replaces it at the next sign-in
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"plinto/internal/argon2"
)

// Caps on hashes from elsewhere, as those of argon2: a stored string must not buy
// seconds of work or all of the memory.
const (
	maxBcrypt     = 13        // about half a second
	maxIterations = 2_000_000 // of PBKDF2
	maxScrypt     = 128 << 20 // bytes
)

// A foreign hash was made by another system. It is replaced by one of ours when its
// user signs in.
type foreign struct {
	memory  uint32 // KiB that comparing takes; 0: next to nothing
	matches func(in *argon2.Memory, password string) bool
}

// readForeign reads a hash in one of the notations that other systems export:
//
//	$2a$12$…  $2b$…  $2y$…                      bcrypt
//	$pbkdf2-sha256$29000$salt$hash              PBKDF2, as passlib writes it (sha1 is $pbkdf2$)
//	pbkdf2_sha256$600000$salt$hash              PBKDF2, as Django writes it
//	$scrypt$ln=16,r=8,p=1$salt$hash             scrypt, as passlib writes it
//	$argon2i$v=19$m=…,t=…,p=…$salt$hash         argon2i; argon2id is our own notation
//	{SSHA}… {SSHA256}… {SSHA512}…               salted SHA (RFC 2307 and its relatives)
//
// ok is false for everything else and for what exceeds the caps.
func readForeign(encoded string) (f foreign, ok bool) {
	switch {
	case strings.HasPrefix(encoded, "$2"):
		return readBcrypt(encoded)
	case strings.HasPrefix(encoded, "$pbkdf2"), strings.HasPrefix(encoded, "pbkdf2_"):
		return readPBKDF2(encoded)
	case strings.HasPrefix(encoded, "$scrypt$"):
		return readScrypt(encoded)
	case strings.HasPrefix(encoded, "$argon2i$"):
		return readArgon2i(encoded)
	case strings.HasPrefix(encoded, "{SSHA"):
		return readSSHA(encoded)
	}
	return foreign{}, false
}

// readBcrypt: Go's bcrypt ignores what is beyond 72 bytes when it compares, so
// longer candidates are refused here.
func readBcrypt(encoded string) (foreign, bool) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil || cost > maxBcrypt {
		return foreign{}, false
	}
	return foreign{matches: func(_ *argon2.Memory, password string) bool {
		good := bcrypt.CompareHashAndPassword([]byte(encoded), []byte(password)) == nil
		return good && len(password) <= 72
	}}, true
}

var digests = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

func readPBKDF2(encoded string) (foreign, bool) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(encoded, "$"), "$")
	fields := strings.Split(rest, "$")
	django := strings.HasPrefix(name, "pbkdf2_")
	name = strings.TrimLeft(strings.TrimPrefix(name, "pbkdf2"), "-_")
	if name == "" {
		name = "sha1"
	}
	digest, known := digests[name]
	if !known || len(fields) != 3 {
		return foreign{}, false
	}
	n, err := strconv.Atoi(fields[0])
	salt, want, ok := []byte(fields[1]), []byte(nil), false // Django's salt is text
	if django {
		want, ok = unbase64(fields[2])
	} else if salt, ok = unbase64(fields[1]); ok {
		want, ok = unbase64(fields[2])
	}
	if err != nil || n < 1 || n > maxIterations || !ok || !sizes(salt, want) {
		return foreign{}, false
	}
	return foreign{matches: func(_ *argon2.Memory, password string) bool {
		got, err := pbkdf2.Key(digest, password, salt, n, len(want))
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1
	}}, true
}

func readScrypt(encoded string) (foreign, bool) {
	fields := strings.Split(encoded, "$") // "", scrypt, parameters, salt, hash
	if len(fields) != 5 {
		return foreign{}, false
	}
	values := map[string]int{}
	for _, field := range strings.Split(fields[2], ",") {
		name, value, _ := strings.Cut(field, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return foreign{}, false
		}
		values[name] = n
	}
	ln, r, p := values["ln"], values["r"], values["p"]
	salt, okSalt := unbase64(fields[3])
	want, okHash := unbase64(fields[4])
	if !okSalt || !okHash || !sizes(salt, want) || ln < 1 || ln > 20 || r < 1 || r > 32 || p < 1 || p > 4 || 128*r<<ln > maxScrypt {
		return foreign{}, false
	}
	return foreign{memory: uint32(128 * r << ln >> 10), matches: func(_ *argon2.Memory, password string) bool {
		got, err := scrypt.Key([]byte(password), salt, 1<<ln, r, p, len(want))
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1
	}}, true
}

func readArgon2i(encoded string) (foreign, bool) {
	d, err := decode(strings.Replace(encoded, "$argon2i$", "$argon2id$", 1))
	if err != nil || d.pepper != "" {
		return foreign{}, false
	}
	return foreign{memory: d.cost.Memory, matches: func(in *argon2.Memory, password string) bool {
		got := in.Key([]byte(password), d.salt, d.cost.Time, d.cost.Memory, d.lanes, uint32(len(d.hash)))
		return subtle.ConstantTimeCompare(got, d.hash) == 1
	}}, true
}

func readSSHA(encoded string) (foreign, bool) {
	name, text, _ := strings.Cut(strings.TrimPrefix(encoded, "{SSHA"), "}")
	if name == "" {
		name = "1"
	}
	digest, known := digests["sha"+name]
	raw, err := base64.StdEncoding.DecodeString(text)
	if !known || err != nil || len(raw) <= digest().Size() || len(raw) > digest().Size()+64 {
		return foreign{}, false
	}
	want, salt := raw[:digest().Size()], raw[digest().Size():]
	return foreign{matches: func(_ *argon2.Memory, password string) bool {
		h := digest()
		h.Write([]byte(password))
		h.Write(salt)
		return subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
	}}, true
}

// unbase64 reads base64 with or without padding, and passlib's with dots for plusses.
func unbase64(text string) ([]byte, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.ReplaceAll(text, ".", "+"), "="))
	return raw, err == nil
}

// sizes bounds salt and hash. A hash of a few bytes would match by chance.
func sizes(salt, want []byte) bool {
	return len(salt) >= 1 && len(salt) <= 128 && len(want) >= 16 && len(want) <= 128
}

// Readable reports whether a hash of another system, or one of ours, can be compared with passwords:
// its notation is known, and it costs no more than may be.
func (h *Hasher) Readable(encoded string) bool {
	if _, ok := readForeign(encoded); ok {
		return true
	}
	d, err := decode(encoded)
	return err == nil && (d.pepper == "" || d.pepper == h.opts.Pepper.ID || slices.ContainsFunc(h.opts.Old, func(p Pepper) bool { return p.ID == d.pepper }))
}
