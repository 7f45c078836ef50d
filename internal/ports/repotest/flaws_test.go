package repotest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

type (
	ctxt  = context.Context
	batch = domain.Batch
	done  = func(domain.Commit)
)

// flaws are faults that an implementation could have, each with the rule that finds it.
var flaws = []struct {
	name string
	rule string // its name begins so
	repo spoiled
}{
	{"passes none over", "some of the first chunks by id", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
			sel.Skip = 0
			return m.Chunks(ctx, db, sel, fields)
		},
	}},
	{"has no order without a key", "chunks come in the bytewise order", spoiled{
		keys: func(m *Memory, ctx ctxt, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
			page, err := m.InKeyOrder(ctx, db, sel, fields)
			slices.SortStableFunc(page.Chunks, func(a, b domain.Chunk) int { return strings.Compare(strings.ToLower(a.Key), strings.ToLower(b.Key)) })
			return page, err
		},
	}},
	{"goes by keys without bound", "chunks in key order have", spoiled{
		keys: func(m *Memory, ctx ctxt, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
			sel.MaxBytes = 0
			return m.InKeyOrder(ctx, db, sel, fields)
		},
	}},
	{"goes by keys to what has expired", "expired chunks are not in key order", spoiled{
		keys: func(m *Memory, ctx ctxt, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
			sel.At = time.Time{}
			return m.InKeyOrder(ctx, db, sel, fields)
		},
	}},
	{"goes by keys of a new life", "key order of a life that has ended", spoiled{
		keys: func(m *Memory, ctx ctxt, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
			if now, err := m.Find(ctx, db.ID); err == nil {
				db = now
			}
			return m.InKeyOrder(ctx, db, sel, fields)
		},
	}},
	{"goes on behind the next key", "key order follows random changes", spoiled{
		keys: func(m *Memory, ctx ctxt, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
			page, err := m.InKeyOrder(ctx, db, sel, fields)
			if page.Next.Key != "" {
				page.Next.Key += "\x01"
			}
			return page, err
		},
	}},
	{"reads as much as there is", "chunks of more than MaxBytes", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
			sel.MaxBytes = 0
			return m.Chunks(ctx, db, sel, fields)
		},
	}},
	{"stores the good half of a bad batch", "a batch with one bad chunk", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			c, err := m.Write(ctx, b, applied)
			if err != nil && len(b.Put) > 1 {
				b.Put = b.Put[:len(b.Put)/2]
				_, _ = m.Write(ctx, b, nil)
			}
			return c, err
		}}},
	{"uses ids again", "ids are never used again", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			c, err := m.Write(ctx, b, applied)
			if d := m.data.databases[b.Database]; d != nil && len(d.chunks) == 0 {
				d.next, d.order = 1, nil
			}
			return c, err
		}}},
	{"calls applied twice", "applied is called once", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			return m.Write(ctx, b, func(c domain.Commit) {
				if applied != nil {
					applied(c)
					applied(c)
				}
			})
		}}},
	{"never calls applied", "applied is called once", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, _ done) (domain.Commit, error) { return m.Write(ctx, b, nil) }}},
	{"calls applied for refused batches", "applied is not called", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			c, err := m.Write(ctx, b, applied)
			if err != nil && applied != nil {
				applied(c)
			}
			return c, err
		}}},
	{"calls applied out of order", "applied follows the order", spoiled{
		write: lateApplied()}},
	{"returns chunks sorted by id", "chunks by id come in the order", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			slices.Sort(sel.IDs)
			return m.Chunks(ctx, db, sel, f)
		}}},
	{"reads the new life for the old one", "a database made again", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			if now, err := m.Find(ctx, db.ID); err == nil {
				db = now
			}
			return m.Chunks(ctx, db, sel, f)
		}}},
	{"keeps the rows of a dropped database", "a database made again", spoiled{
		drop: func(m *Memory, ctx ctxt, id string, applied func(domain.Database)) error {
			_, err := m.Find(ctx, id)
			if d := m.data.databases[id]; err == nil && applied == nil {
				m.data.numbers++
				d.info.Number = m.data.numbers
				return nil
			}
			return m.Drop(ctx, id, applied)
		}}},
	{"gives a replaced chunk a new id", "replacing by key keeps", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for _, c := range b.Put {
				if d := m.data.databases[b.Database]; d != nil && c.Key != "" && d.keys[c.Key] != 0 {
					b.Delete = append(b.Delete, d.keys[c.Key])
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"replaces where it should skip", "skipping leaves", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			b.OnConflict = domain.Replace
			return m.Write(ctx, b, applied)
		}}},
	{"loses the sign of zero", "embeddings come back bit for bit", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for _, c := range b.Put {
				for i, x := range c.Embedding {
					c.Embedding[i] = x + 0
					if x == 0 {
						c.Embedding[i] = 0
					}
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"cuts text at a NUL", "text comes back byte for byte", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i := range b.Put {
				b.Put[i].Text, _, _ = strings.Cut(b.Put[i].Text, "\x00")
			}
			return m.Write(ctx, b, applied)
		}}},
	{"turns JSON strings into objects", "metadata comes back", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i := range b.Put {
				if _, ok := b.Put[i].Metadata.Fields(); ok {
					b.Put[i].Metadata.Form = domain.ObjectMetadata
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"keeps seconds only", "the time of expiry", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i := range b.Put {
				b.Put[i].ExpiresAt = b.Put[i].ExpiresAt.Truncate(time.Second)
			}
			return m.Write(ctx, b, applied)
		}}},
	{"ignores contexts", "a context that has ended", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			return m.Write(context.WithoutCancel(ctx), b, applied)
		}}},
	{"ignores other settings", "create again", spoiled{
		create: func(m *Memory, ctx ctxt, id string, s domain.Settings, applied func(domain.Database)) (domain.Database, bool, error) {
			if db, err := m.Find(ctx, id); err == nil {
				return db, false, nil
			}
			return m.Create(ctx, id, s, applied)
		}}},
	{"tells ids apart by case", "ids that differ in case only", spoiled{
		create: func(m *Memory, ctx ctxt, id string, s domain.Settings, applied func(domain.Database)) (domain.Database, bool, error) {
			if strings.ToLower(id) == id {
				return m.Create(ctx, id+"-lower", s, applied)
			}
			return m.Create(ctx, id, s, applied)
		}}},
	{"works on after Close", "after Close everything", spoiled{closed: func(*Memory) error { return nil }}},
	{"forgets the last database at Close", "everything is there after reopening", spoiled{
		reopen: func(m *Memory) *Memory {
			delete(m.data.databases, "undecided")
			return m
		}}},
	{"numbers batches in place of chunks", "every changed chunk", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			c, err := m.Write(ctx, b, applied)
			if d := m.data.databases[b.Database]; err == nil && len(b.Put) > 1 {
				d.info.Sequence -= int64(len(b.Put) - 1)
				c.Database = d.info
			}
			return c, err
		}}},
	{"keeps the caller's slices", "slices of a batch are not kept", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			c, err := m.Write(ctx, b, applied)
			for i, id := range c.IDs {
				kept := m.data.databases[b.Database].chunks[id]
				kept.Embedding = b.Put[i].Embedding
				m.data.databases[b.Database].chunks[id] = kept
			}
			return c, err
		}}},
	{"shows what has expired", "a read at a moment", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			sel.At = time.Time{}
			return m.Chunks(ctx, db, sel, f)
		}}},
	{"counts what has expired", "counts of a moment", spoiled{
		found: func(m *Memory, ctx ctxt, id string, _ time.Time) (domain.Database, error) { return m.Find(ctx, id) }}},
	{"sweeps what has not expired", "a sweep deletes what has expired", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			b.ExpiredOnly = false
			return m.Write(ctx, b, applied)
		}}},
	{"keeps the keys of expired chunks", "the key of a chunk that has expired", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			b.At = time.Time{}
			return m.Write(ctx, b, applied)
		}}},
	{"keeps the first expiry of a chunk", "writing a chunk again", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i, c := range b.Put {
				if d := m.data.databases[b.Database]; d != nil && c.Key != "" && d.keys[c.Key] != 0 {
					b.Put[i].ExpiresAt = d.chunks[d.keys[c.Key]].ExpiresAt
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"ignores the sequence of a batch", "a batch is refused if what it changes", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			b.IfSequence = 0
			return m.Write(ctx, b, applied)
		}}},
	{"believes that an embedding stays", "a put can leave the embedding as it is", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			b.SameEmbedding = nil
			return m.Write(ctx, b, applied)
		}}},
	{"keeps the sparse vectors of before", "a chunk that is replaced has the sparse", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i, c := range b.Put {
				if d := m.data.databases[b.Database]; d != nil && c.Key != "" && d.keys[c.Key] != 0 && c.Sparse == nil {
					b.Put[i].Sparse = d.chunks[d.keys[c.Key]].Sparse
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"takes sparse vectors of any name", "sparse vectors under names", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i, c := range b.Put {
				maps.DeleteFunc(c.Sparse, func(name string, _ domain.SparseVector) bool { return name == "other" })
				b.Put[i].Sparse = c.Sparse
			}
			return m.Write(ctx, b, applied)
		}}},
	{"gives out sparse vectors that are its own", "slices of sparse vectors", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			list, err := m.Chunks(ctx, db, sel, f)
			for i := range list {
				if f.Has(domain.FieldSparse) {
					list[i].Sparse = m.data.databases[db.ID].chunks[list[i].ID].Sparse
				}
			}
			return list, err
		}}},
	{"always reads sparse vectors", "sparse vectors come back by name", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			return m.Chunks(ctx, db, sel, f|domain.FieldSparse)
		}}},
	{"keeps the named vectors of before", "a chunk that is replaced has the named", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i, c := range b.Put {
				if d := m.data.databases[b.Database]; d != nil && c.Key != "" && d.keys[c.Key] != 0 && c.Vectors == nil {
					b.Put[i].Vectors = d.chunks[d.keys[c.Key]].Vectors
				}
			}
			return m.Write(ctx, b, applied)
		}}},
	{"takes named vectors of any name", "named vectors that do not fit", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			for i, c := range b.Put {
				maps.DeleteFunc(c.Vectors, func(name string, _ []float32) bool { return name == "other" })
				b.Put[i].Vectors = c.Vectors
			}
			return m.Write(ctx, b, applied)
		}}},
	{"gives out named vectors that are its own", "slices of named vectors", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			list, err := m.Chunks(ctx, db, sel, f)
			for i := range list {
				if f.Has(domain.FieldVectors) {
					list[i].Vectors = m.data.databases[db.ID].chunks[list[i].ID].Vectors
				}
			}
			return list, err
		}}},
	{"always reads named vectors", "named vectors come back by name", spoiled{
		chunks: func(m *Memory, ctx ctxt, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
			return m.Chunks(ctx, db, sel, f|domain.FieldVectors)
		}}},
	{"swaps without saying that something changed", "reembed: all embeddings are exchanged", spoiled{
		swap: func(m *Memory, ctx ctxt, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
			now, err := m.SwapEmbeddings(ctx, db, check, applied)
			if d := m.data.databases[db.ID]; err == nil {
				d.info.Sequence, d.info.Hash = db.Sequence, db.Hash
			}
			return now, err
		}}},
	{"keeps the embedding of a text of before", "reembed: what is written meanwhile", spoiled{
		write: func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
			if d := m.data.databases[b.Database]; d != nil && d.reembed != nil {
				made := maps.Clone(d.reembed.made)
				defer func() { d.reembed.made = made }()
			}
			return m.Write(ctx, b, applied)
		}}},
	{"keeps embeddings of texts that have moved on", "reembed: embeddings of texts that have moved on", spoiled{
		keep: func(m *Memory, ctx ctxt, db domain.Database, chunks []domain.Chunk, applied func([]int64)) error {
			for i := range chunks {
				chunks[i].Sequence = m.data.databases[db.ID].chunks[chunks[i].ID].Sequence
			}
			return m.PutEmbeddings(ctx, db, chunks, applied)
		}}},
	{"goes on for another model", "reembed: it goes on", spoiled{
		begun: func(m *Memory, ctx ctxt, db domain.Database, r domain.Reembedding) (int64, error) {
			if d := m.data.databases[db.ID]; d.reembed != nil {
				d.reembed.to = r
			}
			return m.BeginReembedding(ctx, db, r)
		}}},
	{"forgets at Close what was embedded", "reembed: it goes on", spoiled{
		reopen: func(m *Memory) *Memory {
			clear(m.data.databases["db"].reembed.made)
			return m
		}}},
}

// lateApplied calls applied of a batch one batch later.
func lateApplied() func(*Memory, ctxt, batch, done) (domain.Commit, error) {
	var held func()
	return func(m *Memory, ctx ctxt, b batch, applied done) (domain.Commit, error) {
		return m.Write(ctx, b, func(c domain.Commit) {
			before := held
			held = func() {
				if applied != nil {
					applied(c)
				}
			}
			if before != nil {
				before()
			}
		})
	}
}
