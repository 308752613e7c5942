package manifest

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"

	"plinto/internal/nearest"
	"plinto/internal/secret"
)

// A decodable reads itself from a node.
type decodable interface {
	decode(d *decoder, n *node)
}

// A decoder fills Go values from nodes. It goes on after a problem, so that all
// of them are found at once.
type decoder struct{ *log }

// into fills target (a pointer) from n.
func (d *decoder) into(n *node, target any) {
	d.value(n, reflect.ValueOf(target).Elem())
}

func (d *decoder) value(n *node, v reflect.Value) {
	if own, ok := v.Addr().Interface().(decodable); ok {
		own.decode(d, n)
		return
	}
	if s, ok := v.Addr().Interface().(*secret.String); ok {
		if text, ok := d.text(n); ok {
			*s = secret.NewString(text)
		}
		return
	}
	if object, ok := v.Addr().Interface().(*json.RawMessage); ok {
		if d.want(n, shapeMap) {
			*object = n.toJSON()
		}
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := d.text(n); ok && u.UnmarshalText([]byte(text)) != nil {
			d.at(n, "%q is not a duration such as 10m or 24h", text)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Pointer:
		if n.shape != shapeNull {
			v.Set(reflect.New(v.Type().Elem()))
			d.value(n, v.Elem())
		}
	case reflect.Slice:
		d.slice(n, v)
	case reflect.Map:
		d.named(n, v)
	case reflect.String:
		if text, ok := d.text(n); ok {
			v.SetString(text)
		}
	case reflect.Bool:
		if d.want(n, shapeBool) {
			v.SetBool(n.scalar.(bool))
		}
	case reflect.Int:
		if d.want(n, shapeInt) {
			whole, _ := n.scalar.(int64) // what is too large was logged
			v.SetInt(whole)
		}
	default:
		panic("manifest: cannot read a " + v.Type().String())
	}
}

// want reports whether n has the shape, and logs a problem otherwise.
func (d *decoder) want(n *node, s shape) bool {
	if n.shape == s {
		return true
	}
	hint := ""
	if s == shapeText && n.scalar != nil {
		hint = ": put quotes around it"
	}
	d.at(n, "must be %s, not %s%s", s, n.shape, hint)
	return false
}

func (d *decoder) text(n *node) (string, bool) {
	if !d.want(n, shapeText) {
		return "", false
	}
	return n.scalar.(string), true
}

// slice fills a list. One that is there and empty is not nil: prune tells them
// apart.
func (d *decoder) slice(n *node, v reflect.Value) {
	if n.shape != shapeNull && !d.want(n, shapeList) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.value(item, v.Index(i))
	}
}

// named fills a map by names that the manifest chooses.
func (d *decoder) named(n *node, v reflect.Value) {
	if !d.want(n, shapeMap) {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, f := range n.fields {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(f.value, value)
		v.SetMapIndex(reflect.ValueOf(f.name).Convert(v.Type().Key()), value)
	}
}

// structure fills a struct by its yaml tags. A field of type *node gets the place.
func (d *decoder) structure(n *node, v reflect.Value) {
	fields := make(map[string]reflect.Value)
	collect(v, n, fields)
	if !d.want(n, shapeMap) {
		return
	}
	for _, f := range n.fields {
		target, ok := fields[f.name]
		if !ok {
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			d.unknown(f, names)
			continue
		}
		d.value(f.value, target)
	}
}

func (d *decoder) unknown(f field, names []string) {
	place := &node{line: f.line, column: f.column, path: f.value.path}
	d.at(place, "is unknown%s", nearest.Hint(f.name, names))
}

func collect(v reflect.Value, n *node, fields map[string]reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == reflect.TypeFor[place]() {
			v.Field(i).Set(reflect.ValueOf(place{n}))
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			collect(v.Field(i), n, fields)
		} else if name != "" && name != "-" {
			fields[name] = v.Field(i)
		}
	}
}

// toJSON writes a node as JSON, for members whose type is somebody else's to check.
func (n *node) toJSON() json.RawMessage {
	out, err := json.Marshal(n.plain())
	if err != nil {
		return json.RawMessage("null") // .nan and .inf have no JSON
	}
	return out
}

func (n *node) plain() any {
	switch n.shape {
	case shapeMap:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.name] = f.value.plain()
		}
		return m
	case shapeList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plain()
		}
		return list
	default:
		return n.scalar
	}
}
