package provider

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestHandle_namesFlowAndClient(t *testing.T) {
	t.Parallel()
	id := uuid.Must(uuid.NewV7())
	for _, client := range []string{"web", "https://rp.example/?a=b&c", "", strings.Repeat("x", 255)} {
		f := Flow{ID: id, Request: Request{ClientID: client}}
		gotID, gotClient, ok := ParseHandle(f.Handle())
		if !ok || gotID != id || gotClient != client {
			t.Errorf("%q: got %v, %q, %t", client, gotID, gotClient, ok)
		}
	}
	for text, ok := range map[string]bool{
		id.String(): true, id.String() + ".": true, id.String() + ".!": true, "": false, ".d2Vi": false, "x" + id.String(): false,
		"{" + id.String() + "}": false, strings.ReplaceAll(id.String(), "-", ""): false, id.String() + "." + strings.Repeat("A", 1000): true,
	} {
		got, client, parsed := ParseHandle(text)
		if parsed != ok || ok && (got != id || client != "") {
			t.Errorf("%q: got %v, %q, %t", text, got, client, parsed)
		}
	}
}
