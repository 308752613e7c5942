package ddl

import "slices"

// alter reads what comes after ALTER.
func (f *file) alter(c cursor) {
	switch {
	case c.take("table"):
		f.alterTable(c)
	case has(c.rest, "rename"), has(c.rest, "set", "schema"):
		c.rest = c.rest[1:]
		f.breaks(Gone, "", "renames %s", c.name())
	case c.take("function"), c.take("sequence"), c.take("index"), c.take("policy"), c.take("type"), c.take("procedure"):
	default:
		f.breaks(Unknown, "", "ALTER of this is not understood")
	}
}

func (f *file) alterTable(c cursor) {
	c.take("if", "exists")
	c.take("only")
	table := c.name()
	c.take("*")
	for _, action := range list(c.rest) {
		a := cursor{action}
		switch {
		case len(action) == 0:
			f.breaks(Unknown, table, "ALTER TABLE without an action")
		case a.take("add", "constraint"):
			name := a.name()
			f.addConstraint(table, name, a)
		case startsConstraint(action[1:]) && a.take("add"):
			f.addConstraint(table, "", a)
		case a.take("add"):
			a.take("column")
			a.take("if", "not", "exists")
			f.addColumn(table, a)
		case a.take("drop"):
			f.dropOf(table, a)
		case a.take("alter"):
			a.take("column")
			column := a.name()
			f.alterColumn(table, column, a)
		default:
			f.alterWhole(table, a)
		}
	}
}

// alterWhole reads an action that is about the whole table.
func (f *file) alterWhole(table string, a cursor) {
	switch {
	case a.take("rename"):
		f.breaks(Gone, table, "renames it, or a part of it")
	case a.take("validate", "constraint"):
		name := a.name()
		f.breaks(Transaction, table, "validates the constraint %s under the locks of this migration: do it in one that begins with %q", name, OwnTransactions)
	case a.take("enable", "row"), a.take("force", "row"):
	case a.take("disable", "row"), a.take("no", "force"):
		f.breaks(Security, table, "loosens row-level security")
	case a.take("attach", "partition"):
		f.tells(Effect{Table: table, Rule: Constraint, Does: "attaches a partition, whose rows are looked at unless a constraint says what they are", Work: Scans, Waits: Everybody})
	case a.take("detach", "partition"):
		f.breaks(Gone, table, "detaches a partition")
	case a.take("set", "logged"), a.take("set", "unlogged"), a.take("set", "tablespace"), a.take("set", "access"):
		f.tells(Effect{Table: table, Rule: Rewrite, Does: "is written anew", Work: Rewrites, Waits: Everybody})
	case a.take("set", "schema"):
		f.breaks(Gone, table, "goes to another schema")
	case a.take("set", "("), a.take("reset", "("):
	default:
		f.breaks(Unknown, table, "an action of ALTER TABLE that is not understood")
	}
}

// startsConstraint reports whether an ADD is that of a constraint without a name.
func startsConstraint(all []token) bool {
	return len(all) > 0 && slices.ContainsFunc([]string{"check", "unique", "primary", "foreign", "exclude"}, all[0].is)
}

func (f *file) addConstraint(table, name string, a cursor) {
	what := "the constraint " + name
	switch {
	case has(a.rest, "using", "index"):
	case a.take("primary"), a.take("unique"), a.take("exclude"):
		f.tells(Effect{Table: table, Rule: Index, Does: "builds the index of " + what, Work: Scans, Waits: Everybody})
	case !has(a.rest, "not", "valid"):
		f.tells(Effect{Table: table, Rule: Constraint, Does: "looks whether all rows keep to " + what, Work: Scans, Waits: Everybody})
	case a.take("check", "("):
		if column := a.name(); a.take("is", "not", "null", ")") {
			f.pending[table+"."+name] = column
		}
	}
}

// dropOf reads what comes after ALTER TABLE … DROP.
func (f *file) dropOf(table string, a cursor) {
	if !a.take("constraint") {
		a.take("column")
		a.take("if", "exists")
		f.breaks(Gone, table, "drops the column %s", a.name())
		return
	}
	a.take("if", "exists")
	name := a.name()
	// A CHECK that SET NOT NULL made needless, or one that is made anew.
	if column := f.pending[table+"."+name]; column != "" && f.notNull[table+"."+column] || f.remade["constraint "+name+" on "+table] {
		return
	}
	f.breaks(Gone, table, "drops the constraint %s", name)
}

func (f *file) alterColumn(table, column string, a cursor) {
	switch {
	case a.take("type"), a.take("set", "data", "type"):
		f.tells(Effect{Table: table, Rule: Rewrite, Does: "changes the type of " + column, Work: Rewrites, Waits: Everybody})
	case a.take("set", "not", "null"):
		if !f.notNull[table+"."+column] {
			f.tells(Effect{Table: table, Rule: NotNull, Does: "looks whether all rows have " + column, Work: Scans, Waits: Everybody})
		}
	case a.take("drop", "default"), a.take("drop", "identity"), a.take("drop", "expression"):
		f.breaks(Gone, table, "takes from %s what fills it", column)
	case a.take("set", "default"), a.take("drop", "not", "null"), a.take("set", "statistics"), a.take("set", "storage"), a.take("set", "("), a.take("set", "compression"):
	default:
		f.breaks(Unknown, table, "an action on the column %s that is not understood", column)
	}
}
