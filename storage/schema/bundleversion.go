package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"plinto/internal/ddl"
)

// hashOf names tables that have these migrations.
func hashOf(all []migration) string {
	h := sha256.New()
	for _, m := range all {
		h.Write([]byte(m.name + " " + m.sum + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// hashAt names the tables whose last migration is the one of that name. ErrSchema where this program does not know it.
func hashAt(last string) (string, error) {
	all, err := allMigrations()
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all, func(m migration) bool { return m.name == last })
	if at < 0 {
		return "", fmt.Errorf("%w: it has migration %s, which a newer version applied", ErrSchema, last)
	}
	return hashOf(all[:at+1]), nil
}

// fits reports whether the rows of a bundle can be put into the tables of this program: those that it was made of, or later ones
// whose migrations change no row. What rows lack has its default then, as it has in rows that were there when it was added. A
// migration that writes into rows would have to be done to these alone. ErrBundleOlder.
func (h *BundleHead) fits() (same bool, err error) {
	all, err := allMigrations()
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(all, func(m migration) bool { return m.name == h.Migration })
	if at < 0 || hashOf(all[:at+1]) != h.Schema {
		return false, saying(ErrBundleOlder, "Its last migration is %s, which is not one of this version.", h.Migration)
	}
	if name := rewriter(all[at+1:]); name != "" {
		return false, saying(ErrBundleOlder, "Its last migration is %s, and %s changes rows.", h.Migration, name)
	}
	return at == len(all)-1, nil
}

// rewriter returns the first of the migrations that changes rows, or "". What is not understood is taken for one that does.
func rewriter(all []migration) string {
	for _, m := range all {
		for _, e := range ddl.NewReader().Read(m.sql) {
			if e.Rule == ddl.Rows || e.Rule == ddl.Unknown {
				return m.name
			}
		}
	}
	return ""
}

// now returns a table with the columns that a bundle has of it. Where the tables are the same ones, that is all of them; later ones
// may have more.
func (in *bundleTable) now(all []table, same bool) (table, error) {
	at := slices.IndexFunc(all, func(t table) bool { return t.Name == in.Name })
	fits := at >= 0 && !transient[in.Name] && (!same || len(all[at].Columns) == len(in.Columns)) && len(in.Columns) == len(in.Types)
	for i := 0; fits && i < len(in.Columns); i++ {
		there := slices.Index(all[at].Columns, in.Columns[i])
		fits = there >= 0 && all[at].Types[there] == in.Types[i]
	}
	if !fits {
		return table{}, fmt.Errorf("%w: the tables are not those of the backup", ErrSchema)
	}
	return table{Name: in.Name, Columns: in.Columns, Types: in.Types}, nil
}
