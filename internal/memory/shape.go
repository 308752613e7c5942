package memory

import (
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
)

// formatOf begins the names of a cache's values in the store that processes share: version N of a server and N-1, which has
// another format or another type, do not find each other's.
func formatOf[V any](cache string, format int) string {
	sum := crc32.NewIEEE()
	(&shape{to: sum}).write(reflect.TypeFor[V]())
	return fmt.Sprintf("%s/%d-%08x/", cache, format, sum.Sum32())
}

// A shape writes down what a type is made of: names, tags and types of fields.
type shape struct {
	to   io.Writer
	seen []reflect.Type
}

func (s *shape) write(t reflect.Type) {
	fmt.Fprintf(s.to, "%s %s(", t.Kind(), t) // writing to a checksum does not fail
	for i, known := range s.seen {
		if known == t {
			fmt.Fprintf(s.to, "%d)", i)
			return
		}
	}
	s.seen = append(s.seen, t)
	switch t.Kind() { //nolint:exhaustive // others are made of nothing
	case reflect.Pointer, reflect.Slice, reflect.Array:
		s.write(t.Elem())
	case reflect.Map:
		s.write(t.Key())
		s.write(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(s.to, "%s %q ", f.Name, f.Tag)
			s.write(f.Type)
		}
	}
	fmt.Fprint(s.to, ")")
}
