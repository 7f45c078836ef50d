// Package rowcache keeps the rows of one open database that searches have found lately, so
// that hits which come back need not be read from the repository again.
//
// A cache never says anything of a row but what the repository said last: whoever writes
// tells it of every commit, in their order, before anybody else learns of the commit, and a
// row that was read while a commit came is not kept. Whoever finds by other means what was
// committed before that was told clears it.
package rowcache

import (
	"sync"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/memista/memista/internal/domain"
)

// Fields is which parts of the chunks are kept. Searches for other parts go past the cache.
const Fields = domain.DefaultFields

const (
	// rowBytes is about what a row takes besides its strings: the chunk, its place in the
	// list and its place in the map.
	rowBytes = 320
	// rowShare is which part of the bound one row may take.
	rowShare = 64
	// warmUp is how many searches a database sees before its rows are kept: most of many
	// small databases see few.
	warmUp = 32
)

// Cache is a bounded cache of rows, the least recently found of which leave first. It is
// safe for concurrent use.
type Cache struct {
	bound    int64
	bytes    atomic.Int64
	searches atomic.Int64

	mu      sync.Mutex // guards all below
	version uint64     // counts commits
	rows    *simplelru.LRU[int64, domain.Chunk]
}

// New returns an empty cache that takes up to bound bytes. With 0 it keeps nothing.
func New(bound int64) *Cache { return &Cache{bound: bound} }

// Bytes is about how much memory c takes.
func (c *Cache) Bytes() int64 { return c.bytes.Load() }

// Lookup is one look at a Cache: the rows that it had, and where others are to be put.
type Lookup struct {
	cache   *Cache
	version uint64

	Chunks  []domain.Chunk // as the ids that were asked for; those of Missing are zero
	Missing []int64        // ids that the cache does not have
	at      []int          // of Missing, in Chunks
}

// Get looks up ids for a search.
func (c *Cache) Get(ids []int64) *Lookup {
	l := &Lookup{cache: c, Chunks: make([]domain.Chunk, len(ids))}
	if c.bound <= 0 || c.searches.Add(1) <= warmUp {
		l.cache = nil
	} else {
		c.mu.Lock()
		defer c.mu.Unlock()
		l.version = c.version
	}
	for i, id := range ids {
		if l.cache != nil && c.rows != nil {
			if row, ok := c.rows.Get(id); ok {
				l.Chunks[i] = row
				continue
			}
		}
		l.Missing, l.at = append(l.Missing, id), append(l.at, i)
	}
	return l
}

// Fill puts the rows of all ids in Missing, in that order, in their places, and keeps them
// unless something was committed since the lookup: they may have been read before that.
func (l *Lookup) Fill(rows []domain.Chunk) {
	for i := range rows {
		l.Chunks[l.at[i]] = rows[i]
	}
	if c := l.cache; c != nil && len(rows) > 0 {
		c.keep(rows, l.version)
	}
}

func (c *Cache) keep(rows []domain.Chunk, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		return
	}
	if c.rows == nil {
		c.rows, _ = simplelru.NewLRU(int(c.bound/rowBytes)+1, func(_ int64, row domain.Chunk) { c.bytes.Add(-size(&row)) }) // it fails for sizes below 1 only
	}
	for i := range rows {
		n := size(&rows[i])
		if n > c.bound/rowShare || c.rows.Contains(rows[i].ID) {
			continue // another search has kept it meanwhile
		}
		c.bytes.Add(n)
		c.rows.Add(rows[i].ID, rows[i])
		for c.bytes.Load() > c.bound {
			c.rows.RemoveOldest()
		}
	}
}

// Apply takes what a commit has written and deleted out of c.
func (c *Cache) Apply(commit domain.Commit) {
	if c.bound <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	if c.rows == nil || c.rows.Len() == 0 {
		return
	}
	for _, ids := range [][]int64{commit.IDs, commit.Deleted} {
		for _, id := range ids {
			c.rows.Remove(id)
		}
	}
}

// Clear drops all rows, and what is being read for lookups that began before is not kept.
func (c *Cache) Clear() {
	if c.bound <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	if c.rows != nil {
		c.rows.Purge()
	}
}

func size(row *domain.Chunk) int64 {
	return rowBytes + int64(len(row.Key)+len(row.Text)+len(row.Metadata.Text))
}
