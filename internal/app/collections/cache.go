package collections

import (
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain/collection"
)

// cacheBytes is about how much memory a cache takes at most.
const cacheBytes = 16 << 20

// cache keeps what was read of the registry until that changes.
//
// What was read before a change must not be kept after it. So whoever reads asks for the age
// first, and what he has read is kept only if that is still the same; a change raises it
// after it is durable and before anybody is told.
type cache struct {
	aliases atomic.Pointer[aliases] // nil: not known
	reading chan struct{}           // has room for the one who reads them
	off     bool                    // nothing is kept

	mu     sync.Mutex // guards all below, and writes of aliases
	age    uint64
	bytes  int
	names  map[collection.Name]collection.Collection
	uuids  map[collection.UUID]collection.Collection
	ids    map[string]collection.Collection
	spaces map[string][]collection.Space // by tenant
	unused map[collection.UUID]bool      // by which there is no collection; bounded by itself, for anybody can make them up
}

// maxUnused is how many UUIDs of nothing are kept.
const maxUnused = 10_000

// isUnused reports whether u is known to be the UUID of nothing.
func (c *cache) isUnused(u collection.UUID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unused[u]
}

// putUnused keeps u as the UUID of nothing, which was read at that age.
func (c *cache) putUnused(age uint64, u collection.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.age != age || c.off {
		return
	}
	if c.unused == nil || len(c.unused) >= maxUnused {
		c.unused = map[collection.UUID]bool{}
	}
	c.unused[u] = true
}

// forget makes the cache empty, for the registry has changed, in aliases if it says so.
func (c *cache) forget(inAliases bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	if inAliases {
		c.aliases.Store(nil)
	}
	c.unused = nil
	c.clear()
}

// clear makes room; c.mu is held.
func (c *cache) clear() {
	c.bytes = 0
	c.names, c.uuids, c.ids, c.spaces = nil, nil, nil, nil
}

// now returns the age of the cache.
func (c *cache) now() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.age
}

// get returns what m, a map of c, has of k.
func get[K comparable, V any](c *cache, m *map[K]V, k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := (*m)[k]
	return v, ok
}

// put keeps v, of about so many bytes, which was read at that age.
func put[K comparable, V any](c *cache, age uint64, m *map[K]V, k K, v V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.age != age || c.off {
		return
	}
	if c.bytes += bytes + 256; c.bytes > cacheBytes {
		c.clear()
		c.bytes = bytes + 256
	}
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// putAliases keeps all aliases, which were read at that age.
func (c *cache) putAliases(age uint64, known *aliases) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.age == age && !c.off {
		c.aliases.Store(known)
	}
}

// sizeOf is about what col takes.
func sizeOf(col *collection.Collection) int {
	return len(col.Config) + len(col.Name) + len(col.Tenant) + len(col.Database) + len(col.ID)
}
