package storage

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event/audit"
)

// A tampering is what the owner of the database does to a sealed log, and what a verification
// has to say then. In sql, @tenant is its tenant, @row is the id of row 5 of ten and @other that of row 7.
type tampering struct {
	sql  string
	seq  int64 // -1: no leaf
	row  bool  // names the id of row 5
	says string
}

// tamperings are of a log of ten rows, with heads of 4, 8 and 10.
var tamperings = map[string]tampering{
	"edit type":          {`UPDATE audit_log SET type = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit actor type":    {`UPDATE audit_log SET actor_type = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit actor":         {`UPDATE audit_log SET actor_id = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit subject":       {`UPDATE audit_log SET subject = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit outcome":       {`UPDATE audit_log SET outcome = 'failure' WHERE id = @row`, 5, true, "edited"},
	"edit reason":        {`UPDATE audit_log SET reason = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit request":       {`UPDATE audit_log SET request_id = 'x' WHERE id = @row`, 5, true, "edited"},
	"edit data":          {`UPDATE audit_log SET data = '{"fields": ["email"]}' WHERE id = @row`, 5, true, "edited"},
	"edit time":          {`UPDATE audit_log SET occurred_at = occurred_at - interval '1 microsecond' WHERE id = @row`, 5, true, "its time was changed"},
	"edit id":            {`UPDATE audit_log SET id = gen_random_uuid() WHERE id = @row`, 5, true, "deleted"},
	"edit tenant":        {`UPDATE audit_log SET tenant_id = gen_random_uuid() WHERE id = @row`, 5, true, "deleted"},
	"write an address":   {`UPDATE audit_log SET ip = '192.0.2.9' WHERE id = @row`, 5, true, "address"},
	"write a browser":    {`UPDATE audit_log SET agent = 'x' WHERE id = @row`, 5, true, "browser"},
	"delete":             {`DELETE FROM audit_log WHERE id = @row`, 5, true, "deleted"},
	"delete with leaf":   {`DELETE FROM audit_log WHERE id = @row; DELETE FROM audit_leaves WHERE id = @row`, 5, false, "missing"},
	"delete two":         {`DELETE FROM audit_log WHERE id IN (@row, @other)`, 5, true, "deleted"},
	"edit leaf's time":   {`UPDATE audit_leaves SET occurred_at = occurred_at - interval '200 days' WHERE id = @row; DELETE FROM audit_log WHERE id = @row`, 5, true, "differs from the stored hash"},
	"edit leaf's id":     {`UPDATE audit_leaves SET id = gen_random_uuid() WHERE id = @row`, 5, false, "differs from the stored hash"},
	"edit leaf s row":    {`UPDATE audit_leaves SET row_hash = sha256('x') WHERE id = @row`, 5, true, "differs from the stored hash"},
	"shorten leaf":       {`UPDATE audit_leaves SET row_hash = '\x00' WHERE id = @row`, 5, true, "differs from the stored hash"},
	"edit leaf's detail": {`UPDATE audit_leaves SET detail_hash = '' WHERE id = @row; DELETE FROM audit_details WHERE id = @row`, 5, true, "differs from the stored hash"},
	"reorder": {`UPDATE audit_leaves SET seq = 100 WHERE id = @row; UPDATE audit_leaves SET seq = 5 WHERE id = @other;
		UPDATE audit_leaves SET seq = 7 WHERE id = @row`, 5, false, "differs from the stored hash"},
	"insert": {`ALTER TABLE audit_log DISABLE TRIGGER note;
		INSERT INTO audit_log (tenant_id, id, type, actor_type, outcome) SELECT tenant_id, gen_random_uuid(), type, actor_type, outcome FROM audit_log WHERE id = @row`, -1, false, "inserted"},
	"insert twice": {`INSERT INTO audit_log (tenant_id, id, type, actor_type, outcome, occurred_at)
		SELECT tenant_id, id, 'x', actor_type, outcome, occurred_at - interval '40 days' FROM audit_log WHERE id = @row`, -1, true, "inserted"},
	"edit detail":     {`UPDATE audit_details SET sealed = sealed || '\x00' WHERE id = @row`, 5, true, "personal detail was edited"},
	"delete detail":   {`DELETE FROM audit_details WHERE id = @row`, 5, true, "personal detail was deleted"},
	"swap detail":     {`UPDATE audit_details a SET sealed = b.sealed FROM audit_details b WHERE a.id = @row AND b.id = @other`, 5, true, "another row"},
	"detail's person": {`UPDATE audit_details SET person = 'user_2' WHERE id = @row`, 5, true, "another row"},
	"truncate": {`DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_leaves WHERE seq >= 9); DELETE FROM audit_leaves WHERE seq >= 9;
		UPDATE audit_trees SET size = 9, head_size = 9 WHERE size = 10`, 9, false, "missing: a head of 10 rows was signed"},
	"truncate all of it": {`DELETE FROM audit_log WHERE tenant_id = @tenant; DELETE FROM audit_leaves WHERE tenant_id = @tenant; DELETE FROM audit_tiles WHERE tenant_id = @tenant;
		UPDATE audit_trees SET size = 0, head_size = 0 WHERE tenant_id = @tenant`, 0, false, "missing: a head of 4 rows was signed"},
	"drop the last head": {`DELETE FROM audit_heads WHERE size = 10`, 8, false, "newest signed head is missing"},
	"drop a head":        {`DELETE FROM audit_heads WHERE size = 8`, 4, false, "head of 8 rows is missing"},
	"forge a head":       {`UPDATE audit_heads SET note = replace(note, E'\n8\n', E'\n9\n') WHERE size = 8`, 4, false, "no good signature"},
	"move a head":        {`UPDATE audit_heads SET size = 7 WHERE size = 8`, 4, false, "was put in the place of one of"},
	"copy a head":        {`UPDATE audit_heads a SET note = b.note FROM audit_heads b WHERE a.size = 8 AND b.size = 4`, 4, false, "was put in the place of one of"},
	"edit a hash":        {`UPDATE audit_tiles SET hashes = overlay(hashes placing sha256('x') from 161) WHERE level = 0 AND tenant_id = @tenant`, 5, true, "differs from the stored hash"},
	"replace with hashes": {`UPDATE audit_log SET reason = 'x' WHERE id = @row;
		UPDATE audit_leaves l SET row_hash = r.row_hash FROM (SELECT @hash::bytea AS row_hash) r WHERE id = @row;
		UPDATE audit_tiles SET hashes = overlay(hashes placing @leaf::bytea from 161) WHERE level = 0 AND tenant_id = @tenant`, 4, false, "do not fit the head"},
	"another key":       {`UPDATE audit_keys SET sealed = sealed || '\x00'`, -1, false, "key"},
	"public key":        {`UPDATE audit_keys SET verifier = 'x'`, -1, false, "public key"},
	"no key":            {`DELETE FROM audit_keys`, 0, false, "key that signs heads is gone"},
	"a person's tomb":   {`UPDATE audit_persons SET sealed = '', erased_at = now() WHERE person = 'user_2'; DELETE FROM audit_details WHERE id = @row`, 5, true, "not erased"},
	"before the sealer": {`DELETE FROM audit_log WHERE id = @late`, 10, false, "before it was sealed"},
}

func TestVerify_namesTheFirstRowThatWasTamperedWith(t *testing.T) {
	t.Parallel()
	for name, c := range tamperings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuditor(t)
			var ids []uuid.UUID
			for _, n := range []int{4, 4, 2} {
				ids = append(ids, a.happen(a.ctx(), n, "user_1")...)
				must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
			}
			a.happen(a.other(), 3, "user_1")
			if a.fits(a.ctx()); t.Failed() {
				return
			}
			late := a.happen(a.ctx(), 1, "user_1")[0]
			if name != "before the sealer" {
				must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
				a.sql(`DELETE FROM audit_heads WHERE size = 11; DELETE FROM audit_leaves WHERE seq = 10; UPDATE audit_trees SET size = 10, head_size = 10 WHERE size = 11`)
				a.sql(`DELETE FROM audit_log WHERE id = $1`, late)
				a.sql(`DELETE FROM audit_details WHERE id = $1`, late)
			}
			hash, leaf := a.replaced(ids[5])
			a.sql(strings.NewReplacer("@tenant", quote(a.tenants[0].ID.String()), "@row", quote(ids[5].String()), "@other", quote(ids[7].String()), "@late", quote(late.String()), "@hash", hash, "@leaf", leaf).Replace(c.sql))
			_, err := a.verifier.Verify(a.ctx(), "")
			var damage *audit.Damage
			if !errors.As(err, &damage) {
				t.Fatalf("got %v, want damage", err)
			}
			if damage.Seq != c.seq || c.row && damage.ID != ids[5] || !strings.Contains(damage.What, c.says) {
				t.Errorf("got %v, want row %d, %q", damage, c.seq, c.says)
			}
			a.fits(a.other())
		})
	}
}

func quote(s string) string { return "'" + s + "'" }

// replaced returns what an owner of the database computes who knows how rows are hashed: the
// hash of a row with another reason, and that of its leaf.
func (a *auditor) replaced(id uuid.UUID) (row, leaf string) {
	a.t.Helper()
	found, err := a.log.Entries(a.ctx(), 5, 6)
	must(a.t, err)
	if len(found) != 1 || found[0].ID != id {
		a.t.Fatalf("row 5 is %v", found)
	}
	e := found[0]
	e.Stored.Reason = "x"
	e.Row, _ = audit.HashRow(nil, e.Stored)
	hash, _ := audit.HashLeaf(nil, a.tenants[0].ID, &e.Leaf)
	return bytea(e.Row), bytea(hash)
}

func bytea(h audit.Hash) string {
	const digits = "0123456789abcdef"
	text := []byte(`'\x`)
	for _, b := range h {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(append(text, '\''))
}

// Who owns the database and knows how the log is made can go back to an earlier state, and the
// server signs what it finds. Only a head that somebody outside kept tells.
func TestVerify_comparesWithAHeadThatWasKeptOutside(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.happen(a.ctx(), 5, "user_1")
	first, err := a.prover.Head(a.ctx())
	must(t, err)
	a.happen(a.ctx(), 5, "user_1")
	second, err := a.prover.Head(a.ctx())
	must(t, err)
	for _, kept := range []string{first, second} {
		if _, err := a.verifier.Verify(a.ctx(), kept); err != nil {
			t.Errorf("before: %v", err)
		}
	}
	if _, err := a.verifier.Verify(a.ctx(), strings.Replace(first, "\n5\n", "\n4\n", 1)); !errors.Is(err, audit.ErrHead) {
		t.Errorf("a forged head: got %v, want ErrHead", err)
	}
	a.sql(`DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_leaves WHERE seq >= 5)`)
	a.sql(`DELETE FROM audit_details WHERE id IN (SELECT id FROM audit_leaves WHERE seq >= 5)`)
	a.sql(`DELETE FROM audit_leaves WHERE seq >= 5; DELETE FROM audit_heads WHERE size > 5; UPDATE audit_trees SET size = 5, head_size = 5`)
	a.fits(a.ctx()) // nothing inside tells
	var damage *audit.Damage
	if _, err := a.verifier.Verify(a.ctx(), second); !errors.As(err, &damage) || damage.Seq != 5 || damage.To != 9 {
		t.Errorf("cut: got %v, want rows 5 to 9", err)
	}
	a.happen(a.ctx(), 5, "user_1") // another history
	if _, err := a.verifier.Verify(a.ctx(), first); err != nil {
		t.Errorf("the older head: %v", err)
	}
	if _, err := a.verifier.Verify(a.ctx(), second); !errors.As(err, &damage) || !strings.Contains(damage.What, "no continuation") {
		t.Errorf("another history: got %v", err)
	}
}
