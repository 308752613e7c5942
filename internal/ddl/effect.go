package ddl

import (
	"fmt"
	"maps"
)

// A Rule is what migrations have to keep to.
type Rule string

// The rules, by what breaks them.
const (
	Rewrite     Rule = "rewrite"     // writes a table anew, and nobody reads it meanwhile
	Index       Rule = "index"       // builds an index while nobody can write: CREATE INDEX CONCURRENTLY does without
	Constraint  Rule = "constraint"  // looks at all rows under a lock: NOT VALID first, and VALIDATE CONSTRAINT in a migration after it
	NotNull     Rule = "not null"    // likewise, where no CHECK that was validated before says the same
	Gone        Rule = "gone"        // takes away or renames what programs of the version before use
	Rows        Rule = "rows"        // changes rows that are there: a job does that, in batches
	Security    Rule = "security"    // loosens row-level security
	Locks       Rule = "locks"       // takes a lock, or changes how long one is waited for, which the migrator says
	Transaction Rule = "transaction" // is not for a migration of this kind: see OwnTransactions
	Unknown     Rule = "unknown"     // is not understood here
)

// Work is how much a statement does.
type Work int

// What the time that a statement takes depends on.
const (
	Brief    Work = iota // nothing: only the catalog is changed
	Scans                // the size of the table, which is read
	Rewrites             // the size of the table, which is written anew
)

// Waits are those who wait until a statement is done, or the transaction around it.
type Waits int

// Who waits.
const (
	Nobody Waits = iota
	Writers
	Everybody
)

// An Effect is something that a statement does to a table with rows.
type Effect struct {
	Line  int
	Table string // "" where it is of no table that is known
	Does  string // for people: "builds the index users_by_name"
	Rule  Rule   // that it breaks, or ""
	Work  Work
	Waits Waits
}

// String is for people and tests.
func (e Effect) String() string {
	return fmt.Sprintf("line %d: %s: %s %s", e.Line, e.Rule, e.Table, e.Does)
}

// A Reader reads migrations in their order, and knows what those before made.
type Reader struct {
	small   map[string]bool
	pending map[string]string // constraint of a table → column that it has not be null, not validated yet
	notNull map[string]bool   // column of a table that no row can have null

	partitioned map[string]bool
}

// NewReader returns one that takes the tables in small for so small that nobody notices what is done to all of their rows.
func NewReader(small ...string) *Reader {
	r := &Reader{small: map[string]bool{}, pending: map[string]string{}, notNull: map[string]bool{}, partitioned: map[string]bool{}}
	for _, table := range small {
		r.small[table] = true
	}
	return r
}

// Read tells what a migration does to tables that are there. It is called once for each, in their order.
func (r *Reader) Read(sql string) []Effect {
	statements := Statements(sql)
	f := &file{Reader: r, own: InOwnTransactions(sql), made: map[string]bool{}, remade: map[string]bool{}, validated: map[string]bool{}}
	for _, s := range statements {
		f.foresee(s.all)
	}
	for _, s := range statements {
		f.line = s.Line
		f.read(s.all)
	}
	maps.Copy(r.notNull, f.validated)
	return f.effects
}

// A file is one migration as it is read.
type file struct {
	*Reader
	own       bool
	made      map[string]bool // "table users": by this migration, before the statement that is read
	remade    map[string]bool // "trigger announce on users": made anywhere in this migration
	validated map[string]bool // by this migration: what counts for those after it
	line      int
	among     []string // tables that a name in the text of a dynamic statement may stand for
	effects   []Effect
}

// tells notes an effect, unless nobody notices it for the table was made just now or is small.
func (f *file) tells(e Effect) {
	if e.Table != "" && f.fresh(e.Table) {
		return
	}
	if f.small[e.Table] && (e.Rule == Rewrite || e.Rule == Index || e.Rule == Constraint || e.Rule == NotNull || e.Rule == Rows) {
		return
	}
	e.Line = f.line
	f.effects = append(f.effects, e)
}

// fresh reports whether a table, or each that a placeholder may stand for, was made by this migration.
func (f *file) fresh(table string) bool {
	if table != placeholder {
		return f.made["table "+table]
	}
	for _, one := range f.among {
		if !f.made["table "+one] {
			return false
		}
	}
	return len(f.among) > 0
}

func (f *file) breaks(rule Rule, table, format string, args ...any) {
	f.tells(Effect{Table: table, Rule: rule, Does: fmt.Sprintf(format, args...)})
}

// read takes one statement.
func (f *file) read(all []token) {
	if len(all) == 0 {
		return
	}
	if f.own {
		f.readAlone(all)
		return
	}
	c := cursor{all}
	switch {
	case c.take("create"):
		f.create(c)
	case c.take("alter"):
		f.alter(c)
	case c.take("drop"):
		f.drop(c)
	case c.take("do"):
		f.do(c)
	case c.take("execute"):
		f.execute(c)
	case c.take("grant"), c.take("comment"), c.take("raise"), c.take("return"), c.take("null"):
	case c.take("revoke"):
		f.revoke(c)
	case c.take("insert", "into"):
		if table := c.name(); has(c.rest, "select") {
			f.breaks(Rows, table, "fills rows from others")
		}
	case c.take("update"), c.take("delete", "from"), c.take("merge", "into"), c.take("truncate"), c.take("copy"):
		c.take("table")
		c.take("only")
		f.breaks(Rows, c.name(), "changes rows with %s", all[0].text)
	case c.take("set"), c.take("reset"), c.take("lock"):
		f.breaks(Locks, "", "%s: the migrator says how long a lock is waited for, and takes none itself", all[0].text)
	case c.take("begin"), c.take("commit"), c.take("rollback"), c.take("start"), c.take("end"), c.take("savepoint"):
		f.breaks(Transaction, "", "%s: the migrator does that", all[0].text)
	default:
		f.breaks(Unknown, "", "%s is not understood", all[0].text)
	}
}

// readAlone takes a statement that is a transaction of its own.
func (f *file) readAlone(all []token) {
	s := Statement{all: all}
	c := cursor{all}
	switch {
	case s.ConcurrentIndex() != "" && has(all, "if", "not", "exists"):
		c.rest = all[s.concurrently()+1:]
		c.take("if", "not", "exists")
		index := c.name()
		c.take("on")
		table := c.name()
		f.tells(Effect{Table: table, Does: "builds the index " + index, Work: Scans})
		if f.partitioned[table] {
			f.breaks(Transaction, table, "is partitioned: make the index ON ONLY it, one concurrently on each partition, and attach those")
		}
	case c.take("drop", "index", "concurrently", "if", "exists"):
		f.breaks(Gone, c.name(), "drops the index")
	case c.take("alter", "table") && !hasMany(c.rest) && has(c.rest, "validate", "constraint"):
		c.take("if", "exists")
		c.take("only")
		table := c.name()
		c.take("validate", "constraint")
		f.validate(table, c.name())
	default:
		f.breaks(Transaction, "", "%s: without a transaction a statement has to be one that can be run again: CREATE INDEX CONCURRENTLY IF NOT EXISTS name, "+
			"DROP INDEX CONCURRENTLY IF EXISTS, ALTER TABLE … VALIDATE CONSTRAINT", all[0].text)
	}
}

func hasMany(all []token) bool { return len(list(all)) > 1 }

// validate notes that a constraint holds for all rows.
func (f *file) validate(table, constraint string) {
	f.tells(Effect{Table: table, Does: "validates the constraint " + constraint, Work: Scans})
	if column := f.pending[table+"."+constraint]; column != "" {
		f.validated[table+"."+column] = true
	}
}
