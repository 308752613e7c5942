package organization

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"unicode/utf8"

	"plinto/internal/displayname"
	"plinto/internal/strictjson"
	"plinto/tenant"
)

// Limits of what an organization holds.
const (
	MaxMetadata = 16 << 10 // bytes, each of the two
	maxName     = 200      // characters
	maxExternal = 255      // characters
)

// Check reports why an organization cannot be stored as it is: tenant.ErrSlug, ErrName,
// ErrBadExternal, ErrMetadata, ErrPolicy, ErrBranding.
func (o *Organization) Check() error {
	if err := tenant.CheckSlug(o.Slug); err != nil {
		return err
	}
	switch {
	case o.Name == "" || displayname.Check(o.Name, maxName) != nil:
		return ErrName
	case utf8.RuneCountInString(o.ExternalID) > maxExternal || displayname.Check(o.ExternalID, maxExternal) != nil:
		return ErrBadExternal
	case !isMetadata(o.PublicMetadata) || !isMetadata(o.PrivateMetadata):
		return ErrMetadata
	}
	if err := o.Policy.Check(); err != nil {
		return err
	}
	return o.Branding.Check()
}

func isMetadata(raw json.RawMessage) bool {
	if len(raw) == 0 {
		return true
	}
	limits := strictjson.Limits{Depth: 16}
	return len(raw) <= MaxMetadata && !bytes.Contains(raw, []byte(`\u0000`)) &&
		strictjson.Object(raw, limits, func(string, []byte) error { return nil }) == nil
}

// differences names what Update would write.
func differences(before, after *Organization) (fields []string) {
	for name, same := range map[string]bool{
		"slug":             before.Slug == after.Slug,
		"name":             before.Name == after.Name,
		"external_id":      before.ExternalID == after.ExternalID,
		"public_metadata":  sameDocument(before.PublicMetadata, after.PublicMetadata),
		"private_metadata": sameDocument(before.PrivateMetadata, after.PrivateMetadata),
		"policy":           before.Policy.equal(&after.Policy),
		"branding":         before.Branding == after.Branding,
	} {
		if !same {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// sameDocument reports whether two objects say the same, however they are written. What is no
// document is not the same as anything but itself.
func sameDocument(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	first, ok := document(a)
	second, okay := document(b)
	return ok && okay && reflect.DeepEqual(first, second)
}

func document(raw json.RawMessage) (any, bool) {
	if len(raw) == 0 {
		return map[string]any{}, true
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // large numbers stay what they are
	var v any
	err := d.Decode(&v)
	return v, err == nil
}
