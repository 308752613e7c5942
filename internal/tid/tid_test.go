package tid_test

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/tid"
)

func TestFormat_matchesTheSpecification(t *testing.T) {
	t.Parallel()
	// The valid vectors of the TypeID specification, version 0.3.
	for id, want := range map[string]string{
		"00000000-0000-0000-0000-000000000000": "prefix_00000000000000000000000000",
		"00000000-0000-0000-0000-000000000001": "prefix_00000000000000000000000001",
		"00000000-0000-0000-0000-00000000000a": "prefix_0000000000000000000000000a",
		"00000000-0000-0000-0000-000000000010": "prefix_0000000000000000000000000g",
		"00000000-0000-0000-0000-000000000020": "prefix_00000000000000000000000010",
		"ffffffff-ffff-ffff-ffff-ffffffffffff": "prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz",
		"0110c853-1d09-52d8-d73e-1194e95b5f19": "prefix_0123456789abcdefghjkmnpqrs",
		"01890a5d-ac96-774b-bcce-b302099a8057": "prefix_01h455vb4pex5vsknk084sn02q",
	} {
		got := tid.Format("prefix", uuid.MustParse(id))
		if got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
		if back, err := tid.Parse("prefix", want); err != nil || back.String() != id {
			t.Errorf("parse %s: %s, %v", want, back, err)
		}
	}
}

func TestFormat_sortsByAge(t *testing.T) {
	t.Parallel()
	var ids []string
	for range 1000 {
		ids = append(ids, tid.Format("user", uuid.Must(uuid.NewV7())))
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made one after the other do not sort")
	}
}

func TestParse_acceptsOneSpellingOnly(t *testing.T) {
	t.Parallel()
	const good = "user_01h455vb4pex5vsknk084sn02q"
	if _, err := tid.Parse("user", good); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "_", "user", "user_", strings.ToUpper(good), "USER_01h455vb4pex5vsknk084sn02q",
		"user_01H455vb4pex5vsknk084sn02q", "user_8zzzzzzzzzzzzzzzzzzzzzzzzz", "user_01h455vb4pex5vsknk084sn0iq",
		"user_01h455vb4pex5vsknk084sn0lq", "user_01h455vb4pex5vsknk084sn0oq", "user_01h455vb4pex5vsknk084sn0uq",
		"client_01h455vb4pex5vsknk084sn02q", "user-01h455vb4pex5vsknk084sn02q", good + "0", good[:len(good)-1],
		" " + good, good + "\n", "user_01h455vb4pex5vsknk084sn02\x00", "user_01h455vb4pex5vsknk084sn0é",
		"01890a5d-ac96-774b-bcce-b302099a8057",
	} {
		if _, err := tid.Parse("user", text); !errors.Is(err, tid.ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzFormat compares with big-number arithmetic and goes there and back.
func FuzzFormat(f *testing.F) {
	f.Add(make([]byte, 16))
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, err := uuid.FromBytes(raw)
		if err != nil {
			return
		}
		text := tid.Format("x", id)
		if back, err := tid.Parse("x", text); err != nil || back != id {
			t.Fatalf("%s → %s → %s, %v", id, text, back, err)
		}
		crockford := strings.NewReplacer("i", "j", "j", "k", "k", "m", "l", "n", "m", "p", "n", "q", "o", "r", "p", "s",
			"q", "t", "r", "v", "s", "w", "t", "x", "u", "y", "v", "z")
		want := crockford.Replace(new(big.Int).SetBytes(raw).Text(32))
		if digits := strings.TrimLeft(text[2:], "0"); digits != strings.TrimLeft(want, "0") {
			t.Fatalf("%s: %s, want %s", id, digits, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("user_01h455vb4pex5vsknk084sn02q")
	f.Add("user_7zzzzzzzzzzzzzzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := tid.Parse("user", text); err == nil && tid.Format("user", id) != text {
			t.Fatalf("%q is a second spelling of %s", text, id)
		}
	})
}
