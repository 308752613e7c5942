package ddl

import (
	"slices"
	"strconv"
)

// create reads what comes after CREATE.
func (f *file) create(c cursor) {
	unique := c.take("unique")
	switch {
	case c.take("index"):
		f.createIndex(c, unique)
	case c.take("table"), c.take("unlogged", "table"):
		c.take("if", "not", "exists")
		table := c.name()
		switch {
		case c.take("partition", "of"):
			f.tells(Effect{Table: c.name(), Does: "attaches the new partition " + table, Waits: Everybody})
		case has(c.rest, "as", "select"), has(c.rest, "as", "with"):
			f.breaks(Rows, "", "fills the new table %s from others", table)
		}
		f.made["table "+table] = true
		if has(c.rest, "partition", "by") {
			f.partitioned[table] = true
		}
	case f.createdThing(c):
	default:
		f.breaks(Unknown, "", "CREATE of this is not understood")
	}
}

// createdThing reads what has nobody wait, and reports whether it was that.
func (f *file) createdThing(c cursor) bool {
	kind, id := thing(c)
	if kind == "" {
		return false
	}
	f.made[kind+" "+id] = true
	return true
}

// things are what is created without a look at rows.
var things = []string{"function", "procedure", "policy", "sequence", "trigger", "type", "view"}

// thing reads kind and name of what is created or dropped, "" when it is none of things. Policies and triggers are those of a table.
func thing(c cursor) (kind, id string) {
	c.take("or", "replace")
	c.take("constraint")
	if len(c.rest) == 0 || !slices.Contains(things, c.rest[0].text) {
		return "", ""
	}
	kind = c.rest[0].text
	c.rest = c.rest[1:]
	if !c.take("if", "not", "exists") {
		c.take("if", "exists")
	}
	switch kind {
	case "function", "procedure":
		return kind, c.routine()
	case "policy", "trigger":
		id = c.name()
		for len(c.rest) > 0 && !c.take("on") {
			c.rest = c.rest[1:]
		}
		return kind, id + " on " + c.name()
	default:
		return kind, c.name()
	}
}

// routine reads the name of a function and the number of its arguments: another number makes another function.
func (c *cursor) routine() string {
	name := c.name()
	if !c.take("(") {
		return name
	}
	end := closes(c.rest)
	if end <= 0 {
		return name + "/0"
	}
	return name + "/" + strconv.Itoa(len(list(c.rest[:end])))
}

// closes is where the parenthesis is closed that was opened before, -1: nowhere.
func closes(all []token) int {
	depth := 0
	for n, t := range all {
		switch {
		case t.is("("):
			depth++
		case t.is(")") && depth == 0:
			return n
		case t.is(")"):
			depth--
		}
	}
	return -1
}

func (f *file) createIndex(c cursor, unique bool) {
	concurrently := c.take("concurrently")
	c.take("if", "not", "exists")
	index := ""
	if len(c.rest) > 0 && !c.rest[0].is("on") {
		index = c.name()
	}
	c.take("on")
	only := c.take("only")
	table := c.name()
	f.made["index "+index] = true
	switch {
	case concurrently:
		f.breaks(Transaction, table, "builds the index %s concurrently, which wants %q as the first line", index, OwnTransactions)
	case only: // of a partitioned table: it has no rows itself
	default:
		does := "builds the index " + index
		if unique {
			does = "builds the unique index " + index
		}
		f.tells(Effect{Table: table, Rule: Index, Does: does, Work: Scans, Waits: Writers})
	}
}

// foresee notes what a statement makes, for statements before it that drop the same.
func (f *file) foresee(all []token) {
	for n, t := range all {
		if t.kind == text && n > 0 && (all[0].is("do") || all[n-1].is("execute") || all[n-1].is("(")) {
			for _, s := range Statements(t.text) {
				f.foresee(s.all)
			}
		}
		c := cursor{all[n:]}
		if !c.take("create") {
			continue
		}
		if kind, id := thing(c); kind != "" {
			f.remade[kind+" "+id] = true
		}
	}
	c := cursor{all}
	if !c.take("alter", "table") {
		return
	}
	c.take("if", "exists")
	c.take("only")
	table := c.name()
	for _, action := range list(c.rest) {
		if a := (cursor{action}); a.take("add", "constraint") {
			f.remade["constraint "+a.name()+" on "+table] = true
		}
	}
}

// drop reads what comes after DROP.
func (f *file) drop(c cursor) {
	if kind, id := thing(c); kind != "" {
		if hasMany(c.rest) || !f.made[kind+" "+id] && !f.remade[kind+" "+id] {
			f.breaks(Gone, "", "drops the %s %s", kind, id)
		}
		return
	}
	if len(c.rest) == 0 {
		return
	}
	kind := c.rest[0].text
	c.rest = c.rest[1:]
	c.take("concurrently")
	c.take("if", "exists")
	for _, one := range list(c.rest) {
		name := (&cursor{one}).name()
		if !f.made[kind+" "+name] {
			f.breaks(Gone, "", "drops the %s %s", kind, name)
		}
	}
}

// revoke reads what comes after REVOKE: rights on what this migration makes are nobody's yet.
func (f *file) revoke(c cursor) {
	for len(c.rest) > 0 && !c.take("on") {
		c.rest = c.rest[1:]
	}
	kind := "table"
	for _, k := range []string{"function", "sequence", "table"} {
		if c.take(k) {
			kind = k
		}
	}
	if end := find(c.rest, 0, "from"); end >= 0 {
		c.rest = c.rest[:end]
	}
	for _, one := range list(c.rest) {
		name := (&cursor{one}).name()
		if kind == "function" {
			name = (&cursor{one}).routine()
		}
		if !f.made[kind+" "+name] {
			f.breaks(Gone, "", "revokes rights on the %s %s", kind, name)
		}
	}
}
