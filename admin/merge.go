package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"plinto/admin/api"
	"plinto/internal/fault"
	"plinto/internal/keyset"
)

type window = keyset.Window

// set applies one member of a merge patch (RFC 7396): absent keeps, null clears.
func set[T any](to *T, member nullable.Nullable[T]) {
	if !member.IsSpecified() {
		return
	}
	var zero T
	*to = zero
	if value, err := member.Get(); err == nil {
		*to = value
	}
}

// setText is set of a member whose values are named.
func setText[T ~string](to *string, member nullable.Nullable[T]) {
	value := T(*to)
	set(&value, member)
	*to = string(value)
}

// maxMetadata bounds one of the metadata objects, in bytes of JSON.
const maxMetadata = 16 << 10

// mergeMetadata merges a patch into metadata, which is at a pointer of the body. A nil patch changes
// nothing.
func mergeMetadata(at string, stored json.RawMessage, patch api.Metadata) (json.RawMessage, error) {
	if patch == nil {
		return stored, nil
	}
	now := map[string]any{}
	if stored != nil {
		d := json.NewDecoder(bytes.NewReader(stored))
		d.UseNumber() // large numbers stay what they are
		if err := d.Decode(&now); err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
	}
	merge(now, patch)
	if len(now) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(now)
	if err != nil {
		return nil, fmt.Errorf("write metadata: %w", err)
	}
	if len(text) > maxMetadata {
		return nil, ErrBody.At(fault.Field{Pointer: at, Message: "must have at most 16 KB"})
	}
	return text, nil
}

// merge is the algorithm of RFC 7396 §2 for objects.
func merge(into, patch map[string]any) {
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject:
			target, ok := into[name].(map[string]any)
			if !ok {
				target = map[string]any{}
			}
			merge(target, inner)
			into[name] = target
		default:
			into[name] = value
		}
	}
}

// list reads a page of a list that is ordered by ids.
func list[T any](
	ctx context.Context, c Cursors, l Listing, id func(*T) uuid.UUID, find func(context.Context, window) ([]T, error),
) ([]T, Page, error) {
	w, err := c.Window(ctx, l)
	if err != nil {
		return nil, Page{}, err
	}
	rows, err := find(ctx, w)
	if err != nil {
		return nil, Page{}, err
	}
	shown, more := keyset.Show(w, rows)
	var first, last uuid.UUID
	if len(shown) > 0 {
		first, last = id(&shown[0]), id(&shown[len(shown)-1])
	}
	return shown, c.Page(ctx, l, w, first, last, more), nil
}

// each turns items into what the API shows; an empty list stays a list.
func each[T, R any](items []T, show func(*T) R) []R {
	out := make([]R, 0, len(items))
	for i := range items {
		out = append(out, show(&items[i]))
	}
	return out
}
