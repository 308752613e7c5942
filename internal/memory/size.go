package memory

import (
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// A Sized value knows how many bytes it takes. Others are measured field by field.
type Sized interface{ Bytes() int }

// sizeOf returns how many bytes of memory hang on v, those of shared texts included.
func sizeOf[V any](v V) int {
	if s, ok := any(v).(Sized); ok {
		return s.Bytes()
	}
	at := reflect.ValueOf(&v).Elem()
	return int(at.Type().Size()) + (&measure{}).behind(at)
}

// A measure adds up what is behind pointers, once for each that points to the same.
type measure struct{ seen map[unsafe.Pointer]bool }

// locationType is that of time zones, which all times share.
var locationType = reflect.TypeFor[*time.Location]()

// behind returns the bytes that v points to, without those of v itself.
func (m *measure) behind(v reflect.Value) (n int) {
	switch v.Kind() { //nolint:exhaustive // others have nothing behind them
	case reflect.String:
		return v.Len()
	case reflect.Pointer:
		if v.IsNil() || v.Type() == locationType || m.again(v.UnsafePointer()) {
			return 0
		}
		return int(v.Type().Elem().Size()) + m.behind(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return int(v.Elem().Type().Size()) + m.behind(v.Elem())
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		return n + m.elements(v)
	case reflect.Array:
		return m.elements(v)
	case reflect.Map:
		return m.entries(v)
	case reflect.Struct:
		if !points(v.Type()) {
			return 0
		}
		for i := range v.NumField() {
			n += m.behind(v.Field(i))
		}
		return n
	}
	return 0
}

func (m *measure) elements(v reflect.Value) (n int) {
	if !points(v.Type().Elem()) {
		return 0
	}
	for i := range v.Len() {
		n += m.behind(v.Index(i))
	}
	return n
}

// mapBytes is what a map costs with no entry in it, and entrySlack what one costs besides key and
// value: tables are not full.
const mapBytes, entrySlack = 48, 16

func (m *measure) entries(v reflect.Value) (n int) {
	if v.IsNil() {
		return 0
	}
	each := int(v.Type().Key().Size()+v.Type().Elem().Size()) + entrySlack
	n = mapBytes + v.Len()*each
	if !points(v.Type().Key()) && !points(v.Type().Elem()) {
		return n
	}
	for entry := v.MapRange(); entry.Next(); {
		n += m.behind(entry.Key()) + m.behind(entry.Value())
	}
	return n
}

func (m *measure) again(p unsafe.Pointer) bool {
	if m.seen[p] {
		return true
	}
	if m.seen == nil {
		m.seen = map[unsafe.Pointer]bool{}
	}
	m.seen[p] = true
	return false
}

var pointing sync.Map // reflect.Type → bool

// points reports whether something can be behind a value of that type.
func points(t reflect.Type) bool {
	if known, ok := pointing.Load(t); ok {
		return known.(bool)
	}
	found := false
	switch t.Kind() { //nolint:exhaustive // others have nothing behind them
	case reflect.String, reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		found = true
	case reflect.Array:
		found = points(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			found = found || points(t.Field(i).Type)
		}
	}
	pointing.Store(t, found)
	return found
}
