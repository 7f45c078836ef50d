package repotest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// Chunks implements ports.ChunkRepository.
func (m *Memory) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return nil, domain.DatabaseNotFound(db.ID)
	}
	out, size := []domain.Chunk{}, int64(0)
	for _, id := range d.selected(sel) {
		if c, ok := d.chunks[id]; ok && !gone(&c, sel.At) {
			out = append(out, project(c, fields))
			size += out[len(out)-1].Size()
		}
	}
	if sel.MaxBytes > 0 && size > sel.MaxBytes {
		return nil, domain.AnswerTooLarge(sel.MaxBytes)
	}
	return out, nil
}

// selected returns the ids that sel names; some may not be there.
func (d *memoryDatabase) selected(sel domain.Selection) []int64 {
	if sel.IDs != nil {
		return sel.IDs
	}
	var out []int64
	if sel.Keys != nil {
		for _, key := range sel.Keys {
			out = append(out, d.keys[key])
		}
		return out
	}
	from, found := slices.BinarySearch(d.order, sel.After)
	if found {
		from++
	}
	for _, id := range d.order[from:] {
		if len(out) >= sel.Limit {
			break
		}
		c, ok := d.chunks[id]
		if !ok || gone(&c, sel.At) {
			continue
		}
		if sel.Skip > 0 {
			sel.Skip--
			continue
		}
		out = append(out, id)
	}
	return out
}

// InKeyOrder implements ports.KeyReader.
func (m *Memory) InKeyOrder(ctx context.Context, db domain.Database, sel domain.KeySelection, fields domain.Fields) (page domain.KeyPage, err error) {
	if err := m.lock(ctx); err != nil {
		return page, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return page, domain.DatabaseNotFound(db.ID)
	}
	var all []domain.Chunk
	for id, c := range d.chunks {
		before := c.Key == "" && (sel.From != "" || id <= sel.After) || c.Key != "" && c.Key < sel.From
		if !before && !gone(&c, sel.At) && (sel.Keep == nil || sel.Keep(id)) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b domain.Chunk) int {
		if a.Key == "" && b.Key == "" {
			return cmp.Compare(a.ID, b.ID)
		}
		return strings.Compare(a.Key, b.Key)
	})
	all = all[min(max(sel.Skip, 0), len(all)):]
	page.Chunks = []domain.Chunk{}
	size := int64(0)
	for i, c := range all {
		if i >= sel.Limit {
			page.Next = domain.Ref{Key: c.Key}
			if c.Key == "" {
				page.Next.ID = c.ID
			}
			break
		}
		page.Chunks = append(page.Chunks, project(c, fields))
		size += page.Chunks[i].Size()
	}
	if sel.MaxBytes > 0 && size > sel.MaxBytes {
		return domain.KeyPage{}, domain.AnswerTooLarge(sel.MaxBytes)
	}
	return page, nil
}

// gone reports whether c has expired at the moment at, if there is one.
func gone(c *domain.Chunk, at time.Time) bool { return !at.IsZero() && c.Expired(at) }

// Due implements ports.Expirer.
func (m *Memory) Due(ctx context.Context, now time.Time, limit int) ([]ports.Due, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	type late struct {
		id    string
		chunk domain.Chunk
	}
	var all []late
	for _, d := range m.data.databases {
		for _, c := range d.chunks {
			if c.Expired(now) {
				all = append(all, late{d.info.ID, c})
			}
		}
	}
	slices.SortFunc(all, func(a, b late) int { return a.chunk.ExpiresAt.Compare(b.chunk.ExpiresAt) })
	due := []ports.Due{}
	for _, l := range all[:min(limit, len(all))] {
		at := slices.IndexFunc(due, func(d ports.Due) bool { return d.Database == l.id })
		if at < 0 {
			at = len(due)
			due = append(due, ports.Due{Database: l.id})
		}
		due[at].IDs = append(due[at].IDs, l.chunk.ID)
	}
	return due, nil
}

// FindLive implements ports.Expirer.
func (m *Memory) FindLive(ctx context.Context, id string, now time.Time) (domain.Database, error) {
	if err := m.lock(ctx); err != nil {
		return domain.Database{}, err
	}
	defer m.unlock()
	d, err := m.find(id)
	if err != nil {
		return domain.Database{}, err
	}
	return d.live(now), nil
}

// ListLive implements ports.Expirer.
func (m *Memory) ListLive(ctx context.Context, now time.Time) ([]domain.Database, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	list := []domain.Database{}
	for _, d := range m.data.databases {
		list = append(list, d.live(now))
	}
	slices.SortFunc(list, func(a, b domain.Database) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// live describes d without the chunks that have expired at now, if that is a time.
func (d *memoryDatabase) live(now time.Time) domain.Database {
	info := d.info
	for _, c := range d.chunks {
		if gone(&c, now) {
			info.Chunks--
		}
	}
	return info
}

// project returns a copy of c with the wanted fields.
func project(c domain.Chunk, fields domain.Fields) domain.Chunk {
	if !fields.Has(domain.FieldText) {
		c.Text = ""
	}
	if !fields.Has(domain.FieldMetadata) {
		c.Metadata = domain.Metadata{}
	}
	if !fields.Has(domain.FieldEmbedding) {
		c.Embedding = nil
	}
	if !fields.Has(domain.FieldSparse) {
		c.Sparse = nil
	}
	if !fields.Has(domain.FieldVectors) {
		c.Vectors = nil
	}
	c.Embedding, c.Sparse, c.Vectors = slices.Clone(c.Embedding), c.Sparse.Clone(), c.Vectors.Clone()
	return c
}

// Matching implements ports.FilterReader.
func (m *Memory) Matching(ctx context.Context, db domain.Database, f *filterlang.Filter, sel domain.Selection) ([]int64, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return nil, domain.DatabaseNotFound(db.ID)
	}
	ids := []int64{}
	for _, id := range d.order {
		if c, ok := d.chunks[id]; ok && id > sel.After && len(ids) < sel.Limit && !gone(&c, sel.At) && f.Matches(&c) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
