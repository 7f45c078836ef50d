package sqlite

import (
	"context"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/reembed"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

// microsecond is the precision of stored times.
const microsecond = time.Microsecond

// Write stores a batch; see ports.ChunkRepository. Deletes come before puts, so no chunk
// id is in both IDs and Deleted of a commit.
func (s *Store) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	var done domain.Commit
	var t batchWriter
	r := &commit.Request{Bytes: batchBytes(&b), Database: b.Database, Frees: len(b.Put) == 0 && len(b.Delete) > 0}
	r.Run = func(c *conn.Conn) error {
		t = batchWriter{s: s, c: c, b: &b}
		var err error
		done, err = t.write()
		r.Schema = done.Created
		return err
	}
	r.After = func() {
		if len(done.Deleted) > 0 {
			s.writer.Freed()
		}
		s.texts.Committed(t.text)
		if applied != nil {
			applied(done)
		}
	}
	if err := s.writer.Do(ctx, r); err != nil {
		return domain.Commit{}, s.observed(b.Database, err)
	}
	return done, nil
}

// batchBytes is about what b writes.
func batchBytes(b *domain.Batch) int {
	n := 0
	for i := range b.Put {
		c := &b.Put[i]
		n += int(c.Size()) + 2*len(c.Key) + 64
	}
	return n + 64*len(b.Delete)
}

// batchWriter stores one batch inside a transaction.
type batchWriter struct {
	s *Store
	c *conn.Conn
	b *domain.Batch

	db       domain.Database
	next     int64 // the next new chunk's id
	keyed    int64 // how many chunks more have a key
	kept     schema.Row
	expiring bool // the database has chunks that expire
	rows     rowWriter
	text     *fts.Batch
	commit   domain.Commit
	gone     []string // keys of deleted chunks
}

func (t *batchWriter) write() (domain.Commit, error) {
	var err error
	t.db, t.kept, t.commit.Created, err = t.s.findOrCreate(t.c, t.b.Database, t.b.Create)
	if err != nil {
		return domain.Commit{}, err
	}
	if t.kept.Held != (feed.Held{}) && !t.b.ExpiredOnly { // what has expired is gone here and there
		if err := t.kept.Held.Refuse(t.db.ID, t.s.options.Now()); err != nil {
			return domain.Commit{}, err
		}
	}
	t.next = t.kept.NextID
	if t.b.Check != nil {
		if err := t.b.Check(t.db); err != nil {
			return domain.Commit{}, err
		}
	}
	before := t.db.Sequence
	if t.text, err = t.s.texts.OpenBatch(t.c, t.db, t.next); err != nil {
		return domain.Commit{}, err
	}
	if err := t.clear(); err != nil {
		return domain.Commit{}, err
	}
	if t.b.Load != nil {
		if err := t.makeRoom(); err != nil {
			return domain.Commit{}, err
		}
	}
	t.rows = rowWriter{c: t.c, number: t.db.Number, slot: t.kept.Slot, table: schema.TableName(t.db.ID), sparse: t.db.Sparse.Len() > 0, named: t.db.Vectors.Len() > 0}
	t.commit.IDs = make([]int64, len(t.b.Put))
	for i := range t.b.Put {
		if err := t.put(i); err != nil {
			return domain.Commit{}, at(err, i)
		}
	}
	if err := t.rows.flush(); err != nil {
		return domain.Commit{}, err
	}
	if err := t.text.Write(t.b.Put, t.commit.IDs, t.commit.Written); err != nil {
		return domain.Commit{}, err
	}
	if t.db.Sequence != before {
		err = t.c.Exec("UPDATE databases SET dims = ?, sequence = ?, hash = ?, next_id = ?, chunks = ?, keyed = keyed + ? WHERE number = ?",
			int64(t.db.Dims), t.db.Sequence, t.db.Hash[:], t.next, t.db.Chunks, t.keyed, t.db.Number)
		if err == nil {
			err = t.log()
		}
	}
	t.commit.Database = t.db
	return t.commit, err
}

// clear deletes what the batch deletes, and expired chunks that it would meet.
func (t *batchWriter) clear() error {
	if err := t.findExpiring(); err != nil {
		return err
	}
	if err := t.clearExpired(); err != nil {
		return err
	}
	return t.delete(t.b.Delete, t.checkUnchanged)
}

// put stores the chunk at position i of the batch.
func (t *batchWriter) put(i int) error {
	chunk := &t.b.Put[i]
	if err := t.checkDims(len(chunk.Embedding)); err != nil {
		return err
	}
	if err := t.db.Sparse.CheckNames(chunk.Sparse); err != nil {
		return err
	}
	if err := t.db.Vectors.CheckDims(chunk.Vectors); err != nil {
		return err
	}
	id, skip, err := t.target(chunk)
	if err != nil {
		return err
	}
	t.commit.IDs[i] = id
	if skip {
		t.skip(i)
		return nil
	}
	replaces := id != 0
	if t.b.Load != nil {
		id, replaces = chunk.ID, false // makeRoom has taken away what was there
		t.db.Chunks++
	} else if !replaces {
		if id, err = t.newID(); err != nil {
			return err
		}
	}
	if !replaces {
		t.commit.IDs[i] = id
		if chunk.Key != "" {
			if err := t.addKey(chunk.Key, id); err != nil {
				return err
			}
		}
	}
	if err := t.expires(chunk, id, replaces); err != nil {
		return err
	}
	if replaces && t.kept.Reembedding {
		if err := reembed.Replaced(t.c, t.db.Number, t.kept.Slot, id); err != nil {
			return err
		}
	}
	var embedding []byte
	if len(chunk.Embedding) > 0 {
		embedding = schema.EncodeEmbedding(chunk.Embedding)
	}
	keeps := replaces && t.b.KeepsEmbedding(i)
	if keeps {
		if err := t.checkEmbedding(id, embedding); err != nil {
			return err
		}
	}
	sparsely, vectors := sparse.Encode(chunk.Sparse), named.Encode(chunk.Vectors)
	crc := named.Checksum(sparse.Checksum(schema.Checksum(chunk, embedding), sparsely), vectors)
	t.changed(schema.ChangePut, id, crc)
	return t.rows.add(row{chunk: chunk, id: id, sequence: t.db.Sequence, crc: crc, embedding: embedding, keeps: keeps, sparse: sparsely, vectors: vectors}, replaces)
}

func (t *batchWriter) skip(i int) {
	if t.commit.Written == nil {
		t.commit.Written = make([]bool, len(t.b.Put))
		for j := range t.commit.Written {
			t.commit.Written[j] = true
		}
	}
	t.commit.Written[i] = false
}

// checkDims compares a vector of n components with the database, whose first one decides.
func (t *batchWriter) checkDims(n int) error {
	switch {
	case n == 0 && t.db.OptionalEmbeddings:
	case n == 0:
		return domain.Errorf(domain.ErrDimension, "embedding cannot be empty")
	case n > domain.MaxDims:
		return domain.Errorf(domain.ErrTooLarge, "embedding has %d components, at most %d are allowed", n, domain.MaxDims)
	case t.db.Dims == 0:
		t.db.Dims = n
	case t.db.Dims != n:
		return domain.DimensionMismatch(t.db.Dims, n)
	}
	return nil
}

func (t *batchWriter) newID() (int64, error) {
	if t.next > schema.MaxID {
		return 0, domain.Errorf(domain.ErrTooLarge, "Database '%s' has had %d chunks, the most it can take", t.db.ID, int64(schema.MaxID))
	}
	id := t.next
	t.next++
	t.db.Chunks++
	return id, nil
}
