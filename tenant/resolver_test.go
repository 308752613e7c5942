package tenant

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/fault"
)

// nobody is a directory without tenants.
type nobody struct{}

func (nobody) ByHost(context.Context, string) (*Tenant, error) { return nil, ErrUnknown }
func (nobody) BySlug(context.Context, string) (*Tenant, error) { return nil, ErrUnknown }

// Who takes the address of the installation for an issuer hears what is missing; who asks for a tenant that is
// not there, or a host that is not ours, hears no more than that.
func TestResolve_saysThatAnIssuerHasASlug(t *testing.T) {
	t.Parallel()
	r := Resolver{Tenants: nobody{}, Public: &url.URL{Scheme: "https", Host: "id.example.com"}}
	for address, says := range map[string]bool{
		"id.example.com/.well-known/openid-configuration":            true,
		"ID.example.com:443/.well-known/openid-configuration":        true,
		"id.example.com/t/nope/.well-known/openid-configuration":     false,
		"other.example.com/.well-known/openid-configuration":         false,
		"other.example.com/.well-known/openid-configuration/t/acme/": false,
	} {
		host, path, _ := strings.Cut(address, "/")
		_, _, err := r.Resolve(t.Context(), host, "/"+path)
		found, _ := fault.As(err)
		if !errors.Is(err, ErrUnknown) || strings.Contains(found.Message, "/t/ and its slug") != says {
			t.Errorf("%s: %v, %+v", address, err, found)
		}
	}
}
