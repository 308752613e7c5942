package breach

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the lists have these hashes; nothing rests on them
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"plinto/internal/breaker"
)

// prefixSize is how many hex digits of a hash the service learns: about a thousand leaked
// passwords have the same.
const prefixSize = 5

// Ranges is a service that answers with all leaked hashes that begin alike.
type Ranges struct {
	// URL is what the first five digits of a hash are added to, such as
	// https://api.pwnedpasswords.com/range/.
	URL string
	// Transport makes the requests, within a limit of time and size.
	Transport http.RoundTripper
	Breaker   *breaker.Breaker
}

// Has reports whether the service knows a hash. breaker.ErrOpen while it is left alone.
func (s *Ranges) Has(ctx context.Context, hash [sha1.Size]byte) (found bool, err error) {
	text := strings.ToUpper(hex.EncodeToString(hash[:]))
	err = s.Breaker.Do(ctx, func(ctx context.Context) error {
		found, err = s.ask(ctx, text[:prefixSize], text[prefixSize:])
		return err
	})
	return found, err
}

func (s *Ranges) ask(ctx context.Context, prefix, suffix string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+prefix, nil)
	if err != nil {
		return false, errors.New("the address of the service is malformed")
	}
	// Answers of one size tell whoever sees the encrypted traffic nothing about the range.
	r.Header.Set("Add-Padding", "true")
	res, err := s.Transport.RoundTrip(r)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", res.StatusCode)
	}
	found := false
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		rest, count, ok := bytes.Cut(bytes.TrimSpace(lines.Bytes()), []byte(":"))
		if !ok {
			return false, errors.New("the answer is no list of hashes")
		}
		// Lines that were added as padding count 0.
		found = found || strings.EqualFold(string(rest), suffix) && string(count) != "0"
	}
	return found, lines.Err()
}
