package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A kind is one type of event.
type kind struct {
	zero Fact
	read func(data []byte) (Fact, error)
}

// kindOf returns the kind of the facts of type F.
func kindOf[F Fact]() kind {
	var zero F
	return kind{zero, func(data []byte) (Fact, error) {
		var f F
		err := json.Unmarshal(data, &f)
		return f, err
	}}
}

// kinds are all types of events, by subject.
var kinds = index(signInKinds, addressKinds, sessionKinds, tokenKinds, consentKinds, clientKinds, keyKinds, userKinds, factorKinds, deviceKinds, tenantKinds, resourceKinds, organizationKinds, roleKinds, apiKeyKinds, ownerKinds, refusalKinds, bulkKinds,
	auditKinds, webhookKinds, managementKinds, connectionKinds)

func index(subjects ...[]kind) map[Type]kind {
	all := map[Type]kind{}
	for _, k := range slices.Concat(subjects...) {
		if _, twice := all[k.zero.Type()]; twice {
			panic("two events are called " + k.zero.Type())
		}
		all[k.zero.Type()] = k
	}
	return all
}

// versions are those of types whose data lost a member, or whose member means something
// else by now. All others are of version 1.
var versions = map[Type]int{}

// Version returns the version of the data of a type.
func Version(t Type) int { return max(1, versions[t]) }

// Schema names the JSON Schema of the data of a type, such as "user.created.v1".
func Schema(t Type) string { return fmt.Sprintf("%s.v%d", t, Version(t)) }

// Types returns the zero fact of every type of event, sorted by type.
func Types() []Fact {
	all := make([]Fact, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k.zero)
	}
	slices.SortFunc(all, func(a, b Fact) int { return cmp.Compare(a.Type(), b.Type()) })
	return all
}

// ErrUnreadable reports a stored event that this version cannot read: its type is of
// another version, or its data are not what the type has.
var ErrUnreadable = errors.New("unreadable event")

// Encode returns the fact as it is stored: a JSON object, or nil when it has no members.
func Encode(f Fact) (json.RawMessage, error) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", f.Type(), err)
	}
	if string(data) == "{}" {
		return nil, nil
	}
	return data, nil
}

// Decode returns the fact that Encode wrote for that type. Members that the type does not
// have are left out: a newer version may have written them. ErrUnreadable.
func Decode(t Type, data []byte) (Fact, error) {
	k, known := kinds[t]
	if !known {
		return nil, fmt.Errorf("%w: type %q is unknown", ErrUnreadable, t)
	}
	if len(data) == 0 {
		return k.zero, nil
	}
	f, err := k.read(data)
	if err != nil {
		return nil, fmt.Errorf("%w: type %q: %w", ErrUnreadable, t, err)
	}
	return f, nil
}
