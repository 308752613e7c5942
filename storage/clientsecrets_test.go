package storage

import "testing"

// Who rotates a secret each day leaves no row for each day: what ended goes with the next rotation.
func TestClientSecrets_thatEndedDoNotGather(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _, _ := w.registered()
	client := w.current(id).ID
	for range 4 {
		_, err := w.registrar().RotateSecret(w.ctx(), id, false)
		must(t, err)
	}
	// The fifth secret, the one before it, and the one that the last rotation ended.
	if n := w.count(`SELECT count(*) FROM client_secrets WHERE client_id = $1`, client); n != 3 {
		t.Errorf("after four rotations there are %d rows, want 3", n)
	}
}
