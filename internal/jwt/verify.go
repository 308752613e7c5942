package jwt

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plinto/internal/strictjson"

	"github.com/go-jose/go-jose/v4"
)

// MaxTokenBytes is the length over which a token is refused unread.
const MaxTokenBytes = 16 << 10

// Options say what [Verify] accepts. The zero value accepts every asymmetric algorithm and every typ and wants a kid.
type Options struct {
	// Algorithms that are allowed; empty: every asymmetric one. [Verify] never allows "none" or HMAC.
	Algorithms []string
	// Type is the typ header the token must have. It is compared without case and without an "application/" in
	// front (RFC 7515 §4.1.9). "JWT" also accepts a token without typ. "" accepts anything: only for callers that
	// tell the kinds of token apart otherwise (RFC 8725 §3.11).
	Type string
	// KeyIDOptional is for keys that clients registered, often without kid. A token without kid is tried with every
	// key that fits, one whose kid is not in the set with the keys that have none.
	KeyIDOptional bool
}

// Header is what this package reads of a token's header.
type Header struct {
	Algorithm string
	KeyID     string // "" when absent
	Type      string // as written; "" when absent
}

// Verify checks a token's form, header and signature and returns its payload, one JSON object without duplicate
// names. It does not look at the claims: see [ParseStandard]. The errors are those of errors.go; none is a fault of
// ours, whatever the input.
func Verify(token string, keys KeySet, opts Options) (payload []byte, header Header, err error) {
	_, header, err = split(token)
	if err != nil {
		return nil, Header{}, err
	}
	a, ok := publicKeyAlgorithm(header.Algorithm)
	if !ok || len(opts.Algorithms) > 0 && !slices.Contains(opts.Algorithms, header.Algorithm) {
		return nil, Header{}, fmt.Errorf("header: %w", ErrAlgorithm)
	}
	if err := checkType(opts.Type, header.Type); err != nil {
		return nil, Header{}, err
	}
	candidates, err := find(keys, header, a, opts.KeyIDOptional)
	if err != nil {
		return nil, Header{}, err
	}
	payload, err = verifySignature(token, header.Algorithm, candidates)
	if err != nil {
		return nil, Header{}, err
	}
	if err := checkObject(payload); err != nil {
		return nil, Header{}, err
	}
	return payload, header, nil
}

// Peek reads a token without verifying anything but its form. The result is a claim by a stranger: good for finding
// the key set to [Verify] with (the iss of a client assertion), for nothing else.
func Peek(token string) (payload []byte, header Header, err error) {
	parts, header, err := split(token)
	if err != nil {
		return nil, Header{}, err
	}
	if err := checkObject(parts.payload); err != nil {
		return nil, Header{}, err
	}
	return parts.payload, header, nil
}

// find returns the keys the token may have been signed with: its kid's, of the right kind, meant for its alg.
func find(keys KeySet, header Header, a algorithm, kidOptional bool) ([]Key, error) {
	if header.KeyID == "" && !kidOptional {
		return nil, fmt.Errorf("token without kid: %w", ErrUnknownKey)
	}
	all := keys.Candidates(header.KeyID)
	if len(all) == 0 && kidOptional {
		all = nameless(keys.Candidates(""))
	}
	if len(all) == 0 {
		return nil, ErrUnknownKey
	}
	unfit := func(k Key) bool {
		return k.Algorithm != "" && k.Algorithm != header.Algorithm || !a.fits(k.Public)
	}
	if !slices.ContainsFunc(all, unfit) {
		return all, nil
	}
	fit := slices.DeleteFunc(slices.Clone(all), unfit)
	if len(fit) == 0 {
		return nil, fmt.Errorf("no key for this alg: %w", ErrAlgorithm)
	}
	return fit, nil
}

func nameless(keys []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.ID != "" })
}

// verifySignature leaves the mathematics to go-jose. The key is passed bare and the algorithm pinned, so nothing
// in the token has a say in either.
func verifySignature(token, alg string, candidates []Key) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		return nil, ErrMalformed
	}
	for _, key := range candidates {
		if payload, err := jws.Verify(key.Public); err == nil {
			return payload, nil
		}
	}
	return nil, ErrSignature
}

// segments are the decoded parts of a token and the text that is signed.
type segments struct {
	payload, signature []byte
	input              string
}

// split takes a token apart and reads its header, without looking at any key.
func split(token string) (segments, Header, error) {
	if len(token) > MaxTokenBytes {
		return segments{}, Header{}, fmt.Errorf("longer than %d bytes: %w", MaxTokenBytes, ErrMalformed)
	}
	first, rest, _ := strings.Cut(token, ".")
	second, third, _ := strings.Cut(rest, ".") // a JWE has five segments: the third then holds dots and is refused
	rawHeader, err := decodeSegment(first)
	if err != nil {
		return segments{}, Header{}, err
	}
	payload, err := decodeSegment(second)
	if err != nil {
		return segments{}, Header{}, err
	}
	signature, err := decodeSegment(third)
	if err != nil {
		return segments{}, Header{}, err
	}
	header, err := parseHeader(rawHeader)
	if err != nil {
		return segments{}, Header{}, err
	}
	input := token[:len(first)+1+len(second)]
	return segments{payload: payload, signature: signature, input: input}, header, nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// decodeSegment accepts the one canonical encoding of a segment only: no padding, no stray trailing bits, and no
// line breaks, which encoding/base64 would skip. Otherwise one signature would have many spellings.
func decodeSegment(s string) ([]byte, error) {
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("segment: %w", ErrMalformed)
	}
	decoded, err := strictBase64.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", ErrMalformed)
	}
	return decoded, nil
}

func parseHeader(raw []byte) (Header, error) {
	var header Header
	err := strictjson.Object(raw, limits, func(name string, value []byte) error {
		switch name {
		case "alg":
			return readText(value, &header.Algorithm)
		case "kid":
			return readText(value, &header.KeyID)
		case "typ":
			return readText(value, &header.Type)
		case "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c":
			// crit, b64, zip and enc change how the token is read; the others offer a key or a place to fetch
			// one, which is how a stranger signs with a key of their own (RFC 8725 §3.10).
			return fmt.Errorf("%s is not supported", name)
		}
		return nil
	})
	if err != nil {
		return Header{}, fmt.Errorf("header: %w: %w", err, ErrMalformed)
	}
	if header.Algorithm == "" || len(header.KeyID) > maxKeyIDBytes {
		return Header{}, fmt.Errorf("header: no alg or long kid: %w", ErrMalformed)
	}
	return header, nil
}

// readText decodes a JSON string. null, which encoding/json would take for "", is refused.
func readText(value []byte, into *string) error {
	if value[0] != '"' {
		return fmt.Errorf("string expected")
	}
	return json.Unmarshal(value, into)
}

func checkType(want, typ string) error {
	if want == "" || typ == "" && strings.EqualFold(want, "JWT") {
		return nil
	}
	const media = "application/"
	if len(typ) > len(media) && strings.EqualFold(typ[:len(media)], media) {
		typ = typ[len(media):]
	}
	if !strings.EqualFold(want, typ) {
		return ErrType
	}
	return nil
}
