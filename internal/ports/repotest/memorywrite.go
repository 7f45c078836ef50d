package repotest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Write implements ports.ChunkRepository.
func (m *Memory) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	if err := m.lock(ctx); err != nil {
		return domain.Commit{}, err
	}
	defer m.unlock()
	d, created, err := m.findOrCreate(b.Database, b.Create)
	if err != nil {
		return domain.Commit{}, err
	}
	st := &staged{d: d, info: d.info, next: d.next, chunks: make(map[int64]*domain.Chunk), keys: make(map[string]int64), b: &b}
	if err := st.run(); err != nil {
		return domain.Commit{}, err
	}
	st.apply()
	m.data.databases[strings.ToLower(b.Database)] = d
	st.commit.Created = created
	st.commit.Database = d.info
	if applied != nil {
		applied(st.commit)
	}
	return st.commit, nil
}

// staged is a batch before it is stored: what it would change.
type staged struct {
	d      *memoryDatabase
	b      *domain.Batch
	info   domain.Database
	next   int64
	chunks map[int64]*domain.Chunk // nil: deleted
	keys   map[string]int64        // 0: free
	commit domain.Commit
}

func (st *staged) run() error {
	if st.b.Check != nil {
		if err := st.b.Check(st.d.info); err != nil {
			return err
		}
	}
	st.clearExpired()
	deletes := slices.Sorted(slices.Values(st.b.Delete))
	for _, id := range slices.Compact(deletes) {
		if err := st.delete(id); err != nil {
			return err
		}
	}
	st.commit.IDs = make([]int64, len(st.b.Put))
	for i := range st.b.Put {
		if err := st.put(i); err != nil {
			return err
		}
	}
	return nil
}

// clearExpired deletes what has expired and stands in the way of a put.
func (st *staged) clearExpired() {
	for i := range st.b.Put {
		for _, id := range []int64{st.b.Put[i].ID, st.d.keys[st.b.Put[i].Key]} {
			if c := st.chunk(id); c != nil && gone(c, st.b.At) {
				st.remove(c)
			}
		}
	}
}

func (st *staged) chunk(id int64) *domain.Chunk {
	if c, ok := st.chunks[id]; ok {
		return c
	}
	if c, ok := st.d.chunks[id]; ok {
		return &c
	}
	return nil
}

func (st *staged) owner(key string) int64 {
	if id, ok := st.keys[key]; ok {
		return id
	}
	return st.d.keys[key]
}

func (st *staged) changed(id int64) {
	st.info.Sequence++
	st.info.Hash = hashOf(st.info.Hash, st.info.Sequence, id)
}

func (st *staged) unseen(c *domain.Chunk) error {
	if st.b.IfSequence != 0 && c.Sequence > st.b.IfSequence {
		return domain.Errorf(domain.ErrConflict, "Chunk %d has been changed meanwhile", c.ID)
	}
	return nil
}

func (st *staged) delete(id int64) error {
	c := st.chunk(id)
	if c == nil || st.b.ExpiredOnly && !gone(c, st.b.At) {
		return nil
	}
	if err := st.unseen(c); err != nil {
		return err
	}
	st.remove(c)
	return nil
}

func (st *staged) remove(c *domain.Chunk) {
	if c.Key != "" {
		st.keys[c.Key] = 0
	}
	if gone(c, st.b.At) {
		st.commit.Expired++
	}
	st.chunks[c.ID] = nil
	st.info.Chunks--
	st.commit.Deleted = append(st.commit.Deleted, c.ID)
	st.changed(c.ID)
}

func (st *staged) put(i int) error {
	c := st.b.Put[i]
	switch n := len(c.Embedding); {
	case n == 0 && st.info.OptionalEmbeddings:
	case n == 0:
		return domain.Errorf(domain.ErrDimension, "embedding cannot be empty")
	case st.info.Dims == 0:
		st.info.Dims = n
	case st.info.Dims != n:
		return domain.DimensionMismatch(st.info.Dims, n)
	}
	if err := st.info.Sparse.CheckNames(c.Sparse); err != nil {
		return err
	}
	if err := st.info.Vectors.CheckDims(c.Vectors); err != nil {
		return err
	}
	id, skip, err := st.target(&c)
	if err != nil {
		return err
	}
	if skip {
		st.skip(i, id)
		return nil
	}
	if id == 0 {
		id = st.next
		st.next++
		st.info.Chunks++
	}
	if old := st.chunk(id); old != nil && old.Key != "" && old.Key != c.Key {
		st.keys[old.Key] = 0
	}
	if c.Key != "" {
		st.keys[c.Key] = id
	}
	if old := st.chunk(id); old != nil && st.b.KeepsEmbedding(i) && !slices.Equal(old.Embedding, c.Embedding) {
		return domain.Errorf(domain.ErrConflict, "Chunk %d has got another embedding meanwhile", id)
	}
	st.changed(id)
	c.ID, c.Sequence = id, st.info.Sequence
	c.TTL = 0
	c.Embedding = append([]float32(nil), c.Embedding...)
	c.Sparse, c.Vectors = sortedSparse(c.Sparse), c.Vectors.Clone()
	if !c.ExpiresAt.IsZero() {
		c.ExpiresAt = c.ExpiresAt.UTC().Truncate(time.Microsecond)
	}
	st.chunks[id] = &c
	st.commit.IDs[i] = id
	return nil
}

// target returns the id that c replaces, or 0.
func (st *staged) target(c *domain.Chunk) (id int64, skip bool, err error) {
	owner := int64(0)
	if c.Key != "" {
		owner = st.owner(c.Key)
	}
	if c.ID != 0 {
		old := st.chunk(c.ID)
		if old == nil {
			return 0, false, domain.ChunkNotFound(c.ID)
		}
		if owner != 0 && owner != c.ID {
			return 0, false, domain.Errorf(domain.ErrConflict, "key '%s' exists already", c.Key)
		}
		return c.ID, false, st.unseen(old)
	}
	switch {
	case owner == 0:
		return 0, false, nil
	case st.b.OnConflict == domain.Skip:
		return owner, true, nil
	case st.b.OnConflict == domain.Refuse:
		return 0, false, domain.Errorf(domain.ErrConflict, "key '%s' exists already", c.Key)
	}
	return owner, false, st.unseen(st.chunk(owner))
}

func (st *staged) skip(i int, id int64) {
	if st.commit.Written == nil {
		st.commit.Written = slices.Repeat([]bool{true}, len(st.b.Put))
	}
	st.commit.Written[i] = false
	st.commit.IDs[i] = id
}

// apply makes the changes.
func (st *staged) apply() {
	d := st.d
	for id := d.next; id < st.next; id++ {
		d.order = append(d.order, id)
	}
	d.info, d.next = st.info, st.next
	for id, c := range st.chunks {
		if d.reembed != nil {
			delete(d.reembed.made, id)
		}
		if c == nil {
			delete(d.chunks, id)
			continue
		}
		d.chunks[id] = *c
	}
	for key, id := range st.keys {
		if id == 0 {
			delete(d.keys, key)
			continue
		}
		d.keys[key] = id
	}
}
