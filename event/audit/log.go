package audit

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

// A Pending row is committed and not sealed.
type Pending struct {
	Row
	Gone   bool   // somebody deleted the row: only id and time are known
	Past   bool   // from before there was sealing
	Detail []byte // JSON of a Detail; nil for none
}

// A Batch is what a sealer works on: some rows of a tenant whose tree it has locked.
type Batch struct {
	Tenant  tenant.ID
	Size    int64 // of the tree
	Rows    []Pending
	Edge    []Tile               // see Edge
	Persons map[string]PersonKey // of the rows, as far as there are any; locked
	Key     *StoredKey           // that signs heads; nil: there is none yet
	Newest  Head                 // the newest signed head: Size and SignedAt
}

// Sealed is what becomes of a Batch, stored in the transaction that read it.
type Sealed struct {
	Leaves  []Leaf // of the rows, in their order
	Details map[uuid.UUID]SealedDetail
	Persons map[string]PersonKey // new ones
	Tiles   []Tile
	Key     *StoredKey // a new one
	Head    *Head      // a new one
	Note    string     // its checkpoint
}

// Seals is what a Sealer needs of the store, across tenants.
type Seals interface {
	// Discover finds tenants whose rows are from before there was sealing, so that Waiting
	// finds them.
	Discover(ctx context.Context) error
	// Waiting calls seal with the tenants that have rows to seal, or leaves without a signed head
	// for longer than headAfter: those of each place by themselves, and of several at once, so that a
	// place that does not answer is in nobody's way. It returns the errors of all.
	Waiting(ctx context.Context, headAfter time.Duration, seal func(context.Context, []tenant.ID) error) error
	// Seal locks the tree of a tenant, has make turn at most that many rows into leaves, and
	// stores what it returns, all in one transaction. A row is handed out until it is
	// sealed, and never afterwards. It reports whether there may be more. ErrBusy.
	Seal(ctx context.Context, of tenant.ID, most int, make func(*Batch) (*Sealed, error)) (more bool, err error)
}

// A StoredHead is a signed head as it is stored.
type StoredHead struct {
	Size     int64
	SignedAt time.Time
	Note     string
}

// An Entry is a leaf with the row and the detail that are stored for it.
type Entry struct {
	Leaf
	Stored *Row          // nil: there is none
	Sealed *SealedDetail // nil: there is none
}

// A Key finds a row: ids alone are not unique over the months.
type Key struct {
	ID         uuid.UUID
	OccurredAt time.Time // UTC
}

// A Scanned row is what a verification needs of a row as it is stored.
type Scanned struct {
	Key
	ActorType string // with the next two: whose detail it has
	ActorID   string
	Subject   string
	Hash      Hash // of HashTexts
	Clear     bool // it has address or browser in clear
}

// person is PersonOf of the row.
func (r *Scanned) person() string {
	return PersonOf(&Row{OccurredAt: r.OccurredAt, ActorType: r.ActorType, ActorID: r.ActorID, Subject: r.Subject})
}

// A ScannedDetail is the hash of a detail as it is stored.
type ScannedDetail struct {
	ID   uuid.UUID // of the row
	Hash Hash      // of HashDetail
}

// State is how far a tenant is sealed.
type State struct {
	Size    int64     // of the tree
	Key     StoredKey // zero: nothing was ever sealed
	Begins  time.Time // rows from before were dropped by retention
	Waiting int64     // rows that are not sealed yet
}

// Log reads the sealed log of the context's tenant. What it returns up to a size of the tree
// does not change any more, but for rows that retention drops and details that are erased.
type Log interface {
	// State returns how far the tenant is sealed.
	State(ctx context.Context) (State, error)
	// Key returns the key that signs heads, or ErrNoHead if nothing was ever sealed.
	Key(ctx context.Context) (StoredKey, error)
	// Entries returns the leaves from ≤ seq < to, in order.
	Entries(ctx context.Context, from, to int64) ([]Entry, error)
	// Tiles returns those of the tiles that are stored.
	Tiles(ctx context.Context, ids []TileID) ([]Tile, error)
	// Heads returns at most that many signed heads of trees larger than after, by size.
	Heads(ctx context.Context, after int64, limit int) ([]StoredHead, error)
	// HeadAt returns the largest head that was signed at or before a time, or ErrNoHead.
	HeadAt(ctx context.Context, at time.Time) (StoredHead, error)
	// Persons returns the keys of people, as far as there are any.
	Persons(ctx context.Context, names []string) (map[string]PersonKey, error)
	// Find returns the leaf of a row, or ErrNoRow.
	Find(ctx context.Context, id uuid.UUID) (Leaf, error)
}

// Scan reads the log of the context's tenant from end to end: leaves in the order of seals,
// rows in that of time, details in that of ids. The three are nearly the same, and reading on
// is much faster than looking for the row and the detail of each leaf.
type Scan interface {
	// Leaves returns the leaves from ≤ seq < to, in order.
	Leaves(ctx context.Context, from, to int64) ([]Leaf, error)
	// Window returns at most that many rows after one and up to a time, in the order of time
	// and id, sealed or not.
	Window(ctx context.Context, after Key, until time.Time, limit int) ([]Scanned, error)
	// Rows returns the rows with some ids.
	Rows(ctx context.Context, ids []uuid.UUID) ([]Scanned, error)
	// DetailWindow returns at most that many details of rows with ids after one and up to
	// another, in their order.
	DetailWindow(ctx context.Context, after, until uuid.UUID, limit int) ([]ScannedDetail, error)
	// Details returns the details of rows with some ids.
	Details(ctx context.Context, ids []uuid.UUID) ([]ScannedDetail, error)
	// Strays returns those of some rows that are neither sealed nor waiting to be.
	Strays(ctx context.Context, rows []Key) ([]Key, error)
}

// Rows lists rows of the context's tenant.
type Rows interface {
	// List returns rows that fit a filter, sealed or not.
	List(ctx context.Context, f Filter) ([]Listed, error)
	// Count returns how many rows fit, whatever Before and Limit say.
	Count(ctx context.Context, f Filter) (int64, error)
}
