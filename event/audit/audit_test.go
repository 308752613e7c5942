package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"plinto/internal/secret"
	"plinto/tenant"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func someHashes(n int) []Hash {
	hashes := make([]Hash, n)
	for i := range hashes {
		hashes[i] = sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	return hashes
}

// stored keeps tiles as the store does.
type stored map[TileID][]byte

func (s stored) tiles(ids []TileID) (found []Tile) {
	for _, id := range ids {
		if hashes, ok := s[id]; ok {
			found = append(found, Tile{id, hashes})
		}
	}
	return found
}

func (s stored) put(tiles []Tile) {
	for _, t := range tiles {
		s[t.TileID] = t.Hashes
	}
}

func (s stored) ReadHashes(indexes []int64) ([]Hash, error) {
	return newHashReader(s.tiles(tilesOf(indexes))).ReadHashes(indexes)
}

// However the leaves come in batches, the tree is that of RFC 6962, and every row and every
// earlier state can be proven from the stored tiles.
func TestTree_isTheSameInBatchesOfAnySize(t *testing.T) {
	t.Parallel()
	const n = 70_000 // three levels of tiles
	leaves := someHashes(n)
	random := rand.New(rand.NewPCG(1, 2))
	s := stored{}
	var g growing
	roots := map[int64]Hash{}
	var sizes []int64
	for size := int64(0); size < n; {
		batch := leaves[size:min(n, size+1+int64(random.IntN(3000)))]
		tiles, root, err := extend(size, s.tiles(Edge(size)), batch)
		must(t, err)
		s.put(tiles)
		for _, leaf := range batch {
			g.add(leaf)
		}
		size += int64(len(batch))
		if root != g.root() {
			t.Fatalf("at %d the tree in batches is not the tree one by one", size)
		}
		if again, err := tlog.TreeHash(size, s); err != nil || again != root {
			t.Fatalf("at %d the stored tiles do not make the tree: %v", size, err)
		}
		roots[size] = root
		sizes = append(sizes, size)
	}
	for range 300 {
		at := sizes[random.IntN(len(sizes))]
		seq := random.Int64N(at)
		p, err := tlog.ProveRecord(at, seq, s)
		must(t, err)
		must(t, tlog.CheckRecord(p, at, roots[at], seq, leaves[seq]))
		if tlog.CheckRecord(p, at, roots[at], seq, leaves[(seq+1)%n]) == nil {
			t.Fatal("the proof of a row is one of another row")
		}
		from := sizes[random.IntN(len(sizes))]
		if from > at {
			from, at = at, from
		}
		c, err := tlog.ProveTree(at, from, s)
		must(t, err)
		must(t, tlog.CheckTree(c, at, roots[at], from, roots[from]))
		if from < at && tlog.CheckTree(c, at, roots[at], from, leaves[0]) == nil {
			t.Fatal("the proof of a head is one of another head")
		}
	}
	for level, want := range g.upper {
		var found []byte
		for n := int64(0); s[TileID{level + 1, n}] != nil; n++ {
			found = append(found, s[TileID{level + 1, n}]...)
		}
		if !bytes.Equal(found, want) {
			t.Errorf("level %d of the tiles is not what a verification expects", level+1)
		}
	}
	if len(g.upper) < 2 {
		t.Errorf("only %d levels were looked at", len(g.upper))
	}
}

func TestTree_needsItsTiles(t *testing.T) {
	t.Parallel()
	tiles, _, err := extend(0, nil, someHashes(300))
	must(t, err)
	if _, _, err := extend(300, tiles[:1], someHashes(5)); !errors.Is(err, ErrTree) {
		t.Errorf("without its edge: got %v, want ErrTree", err)
	}
}

func TestLeaf_isReadBack(t *testing.T) {
	t.Parallel()
	of := tenant.ID(uuid.New())
	want := Leaf{Seq: 7, ID: uuid.New(), OccurredAt: time.Date(1960, 1, 2, 3, 4, 5, 6000, time.UTC), Row: Hash{1}, Detail: Hash{2}}
	record := AppendLeaf(nil, of, &want)
	got, l, err := parseLeaf(record)
	if err != nil || got != of || l != want {
		t.Errorf("got %v %+v, %v, want %v %+v", got, l, err, of, want)
	}
	for _, bad := range [][]byte{nil, record[1:], append(slices.Clone(record), 0), append([]byte("x"), record[1:]...)} {
		if _, _, err := parseLeaf(bad); !errors.Is(err, errLeaf) {
			t.Errorf("got %v of %d bytes, want errLeaf", err, len(bad))
		}
	}
}

// FuzzAppendRow looks for two rows with one encoding.
func FuzzAppendRow(f *testing.F) {
	f.Add("a", "b", "", "{}", "ab", "", "", "{}")
	f.Add("user.created", "user", "user_1", "{}", "user.created", "use", "ruser_1", "{}")
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i string) {
		one := Row{Type: a, ActorType: b, ActorID: c, Data: d}
		other := Row{Type: e, ActorType: g, ActorID: h, Data: i}
		shifted := Row{Type: a, ActorType: b + c, Data: d}
		for _, second := range []Row{other, shifted} {
			if same := bytes.Equal(AppendRow(nil, &one), AppendRow(nil, &second)); same != (one == second) {
				t.Errorf("%+v and %+v: the same encoding is %v", one, second, same)
			}
		}
	})
}

// FuzzParseLeaf: what is read is written again as it was.
func FuzzParseLeaf(f *testing.F) {
	f.Add(AppendLeaf(nil, tenant.ID{1}, &Leaf{Seq: 1}))
	f.Fuzz(func(t *testing.T, record []byte) {
		of, l, err := parseLeaf(record)
		if err == nil && !bytes.Equal(AppendLeaf(nil, of, &l), record) {
			t.Errorf("%x is read as %+v", record, l)
		}
	})
}

func someVault(t *testing.T) *Vault {
	t.Helper()
	root, _ := secret.NewRoot()
	v, err := NewVault(root)
	must(t, err)
	return v
}

func TestHead_isOfItsTenantAndItsKey(t *testing.T) {
	t.Parallel()
	v := someVault(t)
	of, other := tenant.ID(uuid.New()), tenant.ID(uuid.New())
	k, err := v.newKey(of)
	must(t, err)
	key, err := v.openKey(of, k)
	must(t, err)
	want := Head{Size: 7, Root: Hash{1, 2}, SignedAt: time.Now().UTC(), Previous: 3}
	checkpoint, err := key.sign(of, &want)
	must(t, err)
	got, err := key.open(of, checkpoint)
	if err != nil || !got.SignedAt.Equal(want.SignedAt) || got.Size != 7 || got.Root != want.Root || got.Previous != 3 {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := key.open(other, checkpoint); !errors.Is(err, ErrHead) {
		t.Errorf("another tenant: got %v, want ErrHead", err)
	}
	if _, err := v.openKey(other, k); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("the key of another tenant: got %v, want ErrSealed", err)
	}
	if _, err := someVault(t).openKey(of, k); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another root: got %v, want ErrSealed", err)
	}
	k2, err := v.newKey(of)
	must(t, err)
	key2, err := v.openKey(of, k2)
	must(t, err)
	if _, err := key2.open(of, checkpoint); !errors.Is(err, ErrHead) {
		t.Errorf("another key: got %v, want ErrHead", err)
	}
	text := want.text(of)
	for name, bad := range map[string]string{
		"cut": text[:len(text)-1], "more": text + "x\n", "a sign": "+" + text, "empty": "",
		"another spelling": string(bytes.Replace([]byte(text), []byte("\n7\n"), []byte("\n07\n"), 1)),
	} {
		if _, err := parseHead(of, bad); !errors.Is(err, ErrHead) {
			t.Errorf("%s: got %v, want ErrHead", name, err)
		}
	}
}

func TestDetail_isOpenedForItsRowOnly(t *testing.T) {
	t.Parallel()
	v := someVault(t)
	of := tenant.ID(uuid.New())
	r := Row{ID: uuid.New(), ActorType: "user", ActorID: "user_1"}
	key := v.newPersonKey(of, "user_1")
	box, err := v.person(of, "user_1", key)
	must(t, err)
	sealed := sealDetail(box, of, &r, "user_1", []byte(`{"ip":"192.0.2.1"}`))
	if d, err := openDetail(box, of, &r, sealed); err != nil || d.IP != "192.0.2.1" {
		t.Errorf("got %+v, %v", d, err)
	}
	if bytes.Contains(sealed.Sealed, []byte("192.0.2.1")) {
		t.Error("the address is in clear")
	}
	if _, err := openDetail(box, of, &Row{ID: uuid.New()}, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another row: got %v, want ErrSealed", err)
	}
	if _, err := v.person(of, "user_2", key); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another person's key: got %v, want ErrSealed", err)
	}
	if _, err := v.person(of, "user_1", PersonKey{}); !errors.Is(err, ErrErased) {
		t.Errorf("an erased key: got %v, want ErrErased", err)
	}
}

func TestPersonOf_isTheUserElseTheMonth(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 23, 0, 0, 0, time.FixedZone("west", -5*3600)) // December in UTC
	for want, r := range map[string]Row{
		"user_1":        {ActorType: "user", ActorID: "user_1", Subject: "user_2"},
		"user_2":        {ActorType: "client", ActorID: "client_1", Subject: "user_2"},
		"month:2026-12": {ActorType: "anonymous", Subject: "client_1", OccurredAt: at},
	} {
		if got := PersonOf(&r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCSV_isTextToASpreadsheet(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", `=HYPERLINK("https://a.example")`} {
		if got := harmless(cell); got != "'"+cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
	for _, cell := range []string{"", "a=1", "Mozilla/5.0", `{"a": 1}`, "192.0.2.1", "::1"} {
		if got := harmless(cell); got != cell {
			t.Errorf("%q becomes %q, want it as it is", cell, got)
		}
	}
}

// leafLen is the length of an encoded leaf.
const leafLen = len(leafPrefix) + 16 + 8 + 16 + 8 + 2*tlog.HashSize

// errLeaf reports bytes that are no leaf.
var errLeaf = errors.New("not a leaf of an audit log")

// parseLeaf reads what AppendLeaf wrote. errLeaf.
func parseLeaf(record []byte) (of tenant.ID, l Leaf, err error) {
	if len(record) != leafLen || string(record[:len(leafPrefix)]) != leafPrefix {
		return of, l, errLeaf
	}
	rest := record[len(leafPrefix):]
	copy(of[:], rest)
	l.Seq = int64(binary.BigEndian.Uint64(rest[16:]))
	copy(l.ID[:], rest[24:])
	l.OccurredAt = time.UnixMicro(int64(binary.BigEndian.Uint64(rest[40:]))).UTC()
	copy(l.Row[:], rest[48:])
	copy(l.Detail[:], rest[48+tlog.HashSize:])
	return of, l, nil
}
