package audit

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is the height of stored tiles: 256 hashes.
const tileHeight = 8

// A TileID names a stored tile: its level in the tiling and its place in the level.
type TileID struct {
	Level int
	N     int64
}

// A Tile is a stored tile: up to 256 hashes in a row. It grows at the end.
type Tile struct {
	TileID
	Hashes []byte
}

// ErrTree reports stored hashes that are missing or no tree.
var ErrTree = errors.New("the stored hashes of the audit log are damaged")

// Edge returns the tiles that a tree of a size has to have to grow: the unfinished one of
// each level.
func Edge(size int64) (edge []TileID) {
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		if width := size >> (tileHeight * level); width%(1<<tileHeight) > 0 {
			edge = append(edge, TileID{level, width >> tileHeight})
		}
	}
	return edge
}

// A hashReader reads stored hashes from tiles, and those of leaves that are just added.
type hashReader struct {
	tiles map[TileID][]byte
	added map[int64]Hash
}

func newHashReader(tiles []Tile) *hashReader {
	r := &hashReader{tiles: make(map[TileID][]byte, len(tiles)), added: map[int64]Hash{}}
	for _, t := range tiles {
		r.tiles[t.TileID] = t.Hashes
	}
	return r
}

// ReadHashes implements tlog.HashReader. ErrTree.
func (r *hashReader) ReadHashes(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for i, index := range indexes {
		if h, ok := r.added[index]; ok {
			hashes[i] = h
			continue
		}
		t := tlog.TileForIndex(tileHeight, index)
		data := r.tiles[TileID{t.L, t.N}]
		h, err := tlog.HashFromTile(t, data, index)
		if err != nil {
			return nil, fmt.Errorf("%w: tile %d/%d: %w", ErrTree, t.L, t.N, err)
		}
		hashes[i] = h
	}
	return hashes, nil
}

// extend adds leaves to a tree of a size, of which edge has the tiles. It returns the tiles
// to store and the hash of the new tree.
func extend(size int64, edge []Tile, leaves []Hash) (tiles []Tile, root Hash, err error) {
	r := newHashReader(edge)
	next := size
	for _, leaf := range leaves {
		stored, err := tlog.StoredHashesForRecordHash(next, leaf, r)
		if err != nil {
			return nil, root, fmt.Errorf("add leaf %d: %w", next, err)
		}
		at := tlog.StoredHashIndex(0, next)
		for i, h := range stored {
			r.added[at+int64(i)] = h
		}
		next++
	}
	for _, t := range tlog.NewTiles(tileHeight, size, next) {
		data, err := tlog.ReadTileData(t, r)
		if err != nil {
			return nil, root, fmt.Errorf("make tile: %w", err)
		}
		tiles = append(tiles, Tile{TileID{t.L, t.N}, data})
	}
	root, err = tlog.TreeHash(next, r)
	return tiles, root, err
}

// tilesOf returns the tiles in which stored hashes are.
func tilesOf(indexes []int64) []TileID {
	seen := map[TileID]bool{}
	var ids []TileID
	for _, index := range indexes {
		t := tlog.TileForIndex(tileHeight, index)
		if id := (TileID{t.L, t.N}); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// A growing tree holds the hashes of the complete subtrees of what it has seen, of the
// largest first. It says the hash of a tree at each size without stored hashes, and what the
// tiles above the lowest have to hold.
type growing struct {
	size  int64
	peaks []Hash
	upper [][]byte // hashes of level 1, 2 … of the tiling
}

func (g *growing) add(leaf Hash) {
	level := 0
	for n := g.size; n&1 == 1; n >>= 1 {
		last := len(g.peaks) - 1
		leaf = tlog.NodeHash(g.peaks[last], leaf)
		g.peaks = g.peaks[:last]
		if level++; level%tileHeight == 0 {
			if len(g.upper) < level/tileHeight {
				g.upper = append(g.upper, nil)
			}
			g.upper[level/tileHeight-1] = append(g.upper[level/tileHeight-1], leaf[:]...)
		}
	}
	g.peaks = append(g.peaks, leaf)
	g.size++
}

// root returns the hash of the tree; of an empty one it is the hash of nothing, as in
// RFC 6962 §2.1.
func (g *growing) root() Hash {
	if g.size == 0 {
		return emptyRoot
	}
	root := g.peaks[len(g.peaks)-1]
	for i := len(g.peaks) - 2; i >= 0; i-- {
		root = tlog.NodeHash(g.peaks[i], root)
	}
	return root
}
