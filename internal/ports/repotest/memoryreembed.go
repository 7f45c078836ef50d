package repotest

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Reembedder = (*Memory)(nil)

// memoryReembed is a change of embedder under way.
type memoryReembed struct {
	to   domain.Reembedding
	made map[int64][]float32
}

// inLife calls fn with this life of db.
func (m *Memory) inLife(ctx context.Context, db domain.Database, fn func(*memoryDatabase) error) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return domain.DatabaseNotFound(db.ID)
	}
	return fn(d)
}

// reembedding is inLife for a database with a change of embedder under way.
func (m *Memory) reembedding(ctx context.Context, db domain.Database, fn func(*memoryDatabase) error) error {
	return m.inLife(ctx, db, func(d *memoryDatabase) error {
		if d.reembed == nil {
			return domain.Errorf(domain.ErrConflict, "no embeddings of another model are being made for Database '%s'", d.info.ID)
		}
		return fn(d)
	})
}

// Reembeddings implements ports.Reembedder.
func (m *Memory) Reembeddings(ctx context.Context) (map[string]domain.Reembedding, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	all := map[string]domain.Reembedding{}
	for _, d := range m.data.databases {
		if d.reembed != nil {
			all[d.info.ID] = d.reembed.to
		}
	}
	return all, nil
}

// BeginReembedding implements ports.Reembedder.
func (m *Memory) BeginReembedding(ctx context.Context, db domain.Database, r domain.Reembedding) (done int64, err error) {
	err = m.inLife(ctx, db, func(d *memoryDatabase) error {
		n := 0
		for _, c := range d.chunks {
			if c.Text == "" && len(c.Embedding) > 0 {
				n++
			}
		}
		switch {
		case n > 0:
			return domain.Errorf(domain.ErrInvalid, "%d chunks have no text", n)
		case d.reembed == nil:
			d.reembed = &memoryReembed{to: r, made: map[int64][]float32{}}
		case d.reembed.to != r:
			return domain.Errorf(domain.ErrConflict, "embeddings of another model are being made for Database '%s'", d.info.ID)
		}
		done = int64(len(d.reembed.made))
		return nil
	})
	return done, err
}

// SwapEmbeddings implements ports.Reembedder.
func (m *Memory) SwapEmbeddings(ctx context.Context, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (now domain.Database, err error) {
	err = m.reembedding(ctx, db, func(d *memoryDatabase) error {
		if len(d.reembed.made) < len(d.chunks)-d.neither() {
			return domain.Errorf(domain.ErrConflict, "chunks have no embedding yet")
		}
		set := d.reembed.to.Apply(d.info.Settings)
		if err := check(set); err != nil {
			return err
		}
		for id, v := range d.reembed.made {
			c := d.chunks[id]
			c.Embedding = v
			d.chunks[id] = c
		}
		d.info.Settings, d.reembed = set, nil
		d.info.Sequence++
		d.info.Hash = hashOf(d.info.Hash, d.info.Sequence, 0)
		if now = d.info; applied != nil {
			applied(now)
		}
		return nil
	})
	return now, err
}

// neither reports whether c has neither a text nor an embedding, and so stays without.
func neither(c *domain.Chunk) bool { return c.Text == "" && len(c.Embedding) == 0 }

// neither is how many such chunks there are.
func (d *memoryDatabase) neither() (n int) {
	for _, c := range d.chunks {
		if neither(&c) {
			n++
		}
	}
	return n
}

// ForgetReembedding implements ports.Reembedder.
func (m *Memory) ForgetReembedding(ctx context.Context, db domain.Database) error {
	return m.inLife(ctx, db, func(d *memoryDatabase) error {
		d.reembed = nil
		return nil
	})
}

// Unembedded implements ports.NextEmbeddings.
func (m *Memory) Unembedded(ctx context.Context, db domain.Database, limit int) (list []domain.Chunk, err error) {
	err = m.reembedding(ctx, db, func(d *memoryDatabase) error {
		for _, id := range d.order {
			c, there := d.chunks[id]
			if _, made := d.reembed.made[id]; there && !made && !neither(&c) && len(list) < limit {
				list = append(list, project(c, domain.FieldText|domain.FieldMetadata|domain.FieldSparse|domain.FieldVectors))
			}
		}
		return nil
	})
	return list, err
}

// PutEmbeddings implements ports.NextEmbeddings.
func (m *Memory) PutEmbeddings(ctx context.Context, db domain.Database, chunks []domain.Chunk, applied func([]int64)) error {
	return m.reembedding(ctx, db, func(d *memoryDatabase) error {
		var kept []int64
		for _, c := range chunks {
			if now, there := d.chunks[c.ID]; there && now.Sequence == c.Sequence {
				d.reembed.made[c.ID] = slices.Clone(c.Embedding)
				kept = append(kept, c.ID)
			}
		}
		if applied != nil {
			applied(kept)
		}
		return nil
	})
}

// Embedded implements ports.NextEmbeddings.
func (m *Memory) Embedded(ctx context.Context, db domain.Database, after int64, limit int) (list []domain.Chunk, err error) {
	err = m.reembedding(ctx, db, func(d *memoryDatabase) error {
		for _, id := range d.order {
			c, there := d.chunks[id]
			if v, made := d.reembed.made[id]; there && (made || neither(&c)) && id > after && len(list) < limit {
				c = project(c, 0)
				c.Embedding = slices.Clone(v)
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}
