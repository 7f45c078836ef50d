package query

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/domain"
)

// rows are the chunks behind the neighbors of a search.
type rows struct {
	wanted int
	chunks []domain.Chunk
	kept   bool          // some of them were in memory
	byID   map[int64]int // position in chunks; nil: chunks stand in the order of the one list of neighbors
}

// hydrate returns the rows of all neighbors: those that db has in memory, and those that
// it reads in one statement. More than most bytes of these are ErrTooLarge; 0 is no bound.
func (s *Searcher) hydrate(ctx context.Context, db *live.Database, a *attempt, fields domain.Fields, most int64) (rows, error) {
	ids := distinctIDs(a.near)
	if len(ids) == 0 {
		return rows{}, nil
	}
	r := rows{wanted: len(ids)}
	sel := domain.Selection{IDs: ids, MaxBytes: most}
	var err error
	if r.chunks, r.kept, err = s.hitRows(ctx, db, a.info, sel, fields); err != nil {
		return rows{}, err
	}
	if len(a.near) == 1 && len(r.chunks) == len(ids) {
		return r, nil
	}
	r.byID = make(map[int64]int, len(r.chunks))
	for i := range r.chunks {
		r.byID[r.chunks[i].ID] = i
	}
	return r, nil
}

// hitRows returns the rows of sel.IDs in their order, and whether some were in memory;
// fewer rows if some are gone.
func (s *Searcher) hitRows(ctx context.Context, db *live.Database, info domain.Database, sel domain.Selection, fields domain.Fields) (list []domain.Chunk, kept bool, err error) {
	if fields != rowcache.Fields {
		list, err = s.repo.Chunks(ctx, info, sel, fields)
		return list, false, err
	}
	look := db.RowCache().Get(sel.IDs)
	kept = len(look.Missing) < len(sel.IDs)
	s.counts.rowsKept.Add(uint64(len(sel.IDs) - len(look.Missing)))
	if len(look.Missing) == 0 {
		return look.Chunks, kept, nil
	}
	s.counts.rowsRead.Add(uint64(len(look.Missing)))
	sel.IDs = look.Missing
	read, err := s.repo.Chunks(ctx, info, sel, fields)
	if err != nil || len(read) < len(look.Missing) {
		return read, kept, err
	}
	look.Fill(read)
	return look.Chunks, kept, nil
}

// distinctIDs returns the ids in near, each once.
func distinctIDs(near [][]domain.Neighbor) []int64 {
	n := 0
	for _, list := range near {
		n += len(list)
	}
	ids := make([]int64, 0, n)
	for _, list := range near {
		for _, nb := range list {
			ids = append(ids, nb.ID)
		}
	}
	if len(near) > 1 {
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	return ids
}

// agree reports whether every row is as it was at sequence seq, when the search began.
func (r rows) agree(seq int64) bool {
	for i := range r.chunks {
		if r.chunks[i].Sequence > seq {
			return false
		}
	}
	return true
}

// hits joins what was found and its rows. More than most bytes, of which a row counts as
// often as it was found, are ErrTooLarge.
func (r rows) hits(a *attempt, queries []Query, most int64) ([][]domain.Hit, error) {
	lists, size := make([][]domain.Hit, len(a.near)), int64(0)
	for i, list := range a.near {
		metric := a.set(i).Metric
		lists[i] = make([]domain.Hit, 0, len(list))
		for j, nb := range list {
			hit := domain.Hit{Chunk: *r.row(nb.ID, j), Score: metric.Score(nb.Distance), Distance: nb.Distance}
			if f := a.fused[i]; f != nil {
				hit.Score, hit.Places = f[j].Score, &f[j].Places
			}
			if least := queries[i].MinScore; least != nil && hit.Score < *least {
				break // they are in order of score
			}
			if size += hit.Size(); size > most {
				return nil, domain.AnswerTooLarge(most)
			}
			lists[i] = append(lists[i], hit)
		}
	}
	return lists, nil
}

// rescore makes hits of neighbors whose rows keep changing: rows that are gone, or that the
// filter does not select any more, are left out, and the others are scored by the
// embedding that is in them now.
func (s *Searcher) rescore(ctx context.Context, db *live.Database, a *attempt, in Search) ([][]domain.Hit, error) {
	// More is read here than is answered, so the bound is for hits to keep.
	r, err := s.hydrate(ctx, db, a, in.Fields|in.filterFields()|domain.FieldEmbedding|domain.FieldSparse|domain.FieldVectors, 0)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*domain.Chunk, len(r.chunks))
	for i := range r.chunks {
		byID[r.chunks[i].ID] = &r.chunks[i]
	}
	for i, list := range a.near {
		if a.plans != nil && a.plans[i] != nil {
			a.rescore(i, &in.Queries[i], byID)
			continue
		}
		kept, q, set := list[:0], &in.Queries[i], a.set(i)
		for _, nb := range list {
			if c := byID[nb.ID]; c != nil && !c.Expired(a.at) && q.selects(c) && set.Searchable(q.vectorOf(c)) {
				kept = append(kept, domain.Neighbor{ID: nb.ID, Distance: set.Metric.Distance(q.Embedding, q.vectorOf(c))})
			}
		}
		slices.SortFunc(kept, domain.Neighbor.Compare)
		a.near[i] = kept
	}
	for i := range r.chunks {
		r.chunks[i].KeepOnly(in.Fields)
	}
	if r.byID == nil {
		r.byID = map[int64]int{}
		for i := range r.chunks {
			r.byID[r.chunks[i].ID] = i
		}
	}
	return r.hits(a, in.Queries, s.limits.Answer)
}

// agreeWith reports whether every row of a is there and is the one that was found: found
// by a vector or sifted by a filter, it has not changed since the search began; found by
// its words, it is the one that has them.
func (r rows) agreeWith(a *attempt, queries []Query) bool {
	if len(r.chunks) != r.wanted || r.kept && !r.selected(a, queries) {
		return false
	}
	if a.plans == nil {
		return r.agree(a.info.Sequence)
	}
	for i, list := range a.near {
		for j, n := range list {
			row := r.row(n.ID, j)
			if row == nil {
				return false
			}
			byVector := true
			if a.plans[i] != nil {
				f := &a.fused[i][j]
				if f.Text.Rank > 0 && f.Sequence != row.Sequence {
					return false
				}
				byVector = f.Vector.Rank > 0 || f.Sparse.Rank > 0
			}
			if (byVector || queries[i].Filter != nil) && row.Sequence > a.info.Sequence {
				return false
			}
		}
	}
	return true
}

// selected reports whether the filters select all rows of a. Of rows in memory that is not
// a matter of course: a filter index that was just made may know a change before anybody is
// told of it.
func (r rows) selected(a *attempt, queries []Query) bool {
	for i, list := range a.near {
		if queries[i].Filter == nil {
			continue
		}
		for j, n := range list {
			if !queries[i].selects(r.row(n.ID, j)) {
				return false
			}
		}
	}
	return true
}

// row returns the chunk id, which is at position j of its list.
func (r rows) row(id int64, j int) *domain.Chunk {
	if r.byID != nil {
		at, there := r.byID[id]
		if !there {
			return nil
		}
		j = at
	}
	return &r.chunks[j]
}

// idsOf returns the entries of a fused list as neighbors, for their ids.
func idsOf(fused []domain.Fused) []domain.Neighbor {
	near := make([]domain.Neighbor, len(fused))
	for i, f := range fused {
		near[i] = domain.Neighbor{ID: f.ID, Distance: f.Distance}
	}
	return near
}
