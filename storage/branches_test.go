package storage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"plinto/storage"
	"plinto/tenant"
)

// ENG-05: however many databases do not answer, nothing is said of those that do, and these are looked at.
func TestLookAtDatabases_findsThoseThatAnswer_ENG_05(t *testing.T) {
	t.Parallel()
	s, _, apart, _, there := withDatabase(t)
	const darks = 20
	inFront(t, s, darks)
	storage.SetRounds(s, 1, 2*time.Second, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second) // one after the other is too slow
	defer cancel()
	wrong := map[tenant.ID]bool{}
	looked, err := s.LookAtDatabases(ctx, func(of tenant.ID, err error) { wrong[of] = err != nil })
	if err != nil || looked != (storage.Looked{N: darks + 1, Of: darks + 1}) || len(wrong) != darks+1 || wrong[apart.ID] {
		t.Errorf("looked at %+v, %v; of %d it is told, of the one that answers that it does not: %v", looked, err, len(wrong), wrong[apart.ID])
	}
	_, err = there.Exec(t.Context(), `BEGIN; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'flows_by_network'::regclass; TRUNCATE audit_log; DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_log'::regclass AND c.relname LIKE 'audit_log_2%' LOOP
			EXECUTE format('DROP TABLE %I', t); END LOOP; END $$; COMMIT`)
	must(t, err)
	missing := map[string]string{"indexes": "flows_by_network", "partitions": "no partition for the month to come"}
	for _, e := range s.Examine(ctx, 1) {
		for _, f := range e.Findings {
			if strings.Contains(f.Cause, "dark") || e.What == "tables of tenants" {
				t.Errorf("%s: %s", e.What, f.Cause)
			}
			if says := missing[e.What]; says != "" && strings.HasPrefix(f.Cause, "database ") && strings.Contains(f.Cause, says) {
				delete(missing, e.What)
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("in the database of a tenant nothing is found of %v", missing)
	}
}
