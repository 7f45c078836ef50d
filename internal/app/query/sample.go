package query

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Sample returns n of the chunks that f selects, or all if they are fewer: each of them as
// likely as any other, none twice, in random order. Each agrees with f as it is returned; for
// one that is changed or deleted meanwhile another is drawn. random returns a number from 0 to below
// its argument, each as likely as any other.
func (s *Searcher) Sample(ctx context.Context, info domain.Database, f *filterlang.Filter, n int, fields domain.Fields, random func(int64) int64) ([]domain.Chunk, error) {
	if f == nil {
		f = &filterlang.Filter{}
	}
	sel, err := s.Select(ctx, info, f)
	if err != nil {
		return nil, err
	}
	next, stop := iter.Pull(draws(sel.Len(), random))
	defer stop()
	out, size := make([]domain.Chunk, 0, min(n, sel.Len())), int64(0)
	for len(out) < n {
		ids := make([]int64, 0, n-len(out))
		for len(ids) < cap(ids) {
			rank, more := next()
			if !more {
				break
			}
			id, err := sel.ids.Select(uint64(rank))
			if err != nil {
				return nil, err
			}
			ids = append(ids, int64(id))
		}
		if len(ids) == 0 {
			break
		}
		rows, err := s.live.Chunks(ctx, info, domain.Selection{IDs: ids, MaxBytes: s.limits.Answer}, fields|f.Fields())
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if !f.Matches(&rows[i]) {
				continue
			}
			rows[i].KeepOnly(fields)
			if size += rows[i].Size(); size > s.limits.Answer {
				return nil, domain.AnswerTooLarge(s.limits.Answer)
			}
			out = append(out, rows[i])
		}
	}
	return out, nil
}

// draws yields the numbers from 0 to below n, each once, in random order: the shuffle of Fisher
// and Yates, of which only what has moved is kept.
func draws(n int, random func(int64) int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		moved := map[int]int{}
		at := func(i int) int {
			if v, is := moved[i]; is {
				return v
			}
			return i
		}
		for i := range n {
			j := i + int(random(int64(n-i)))
			drawn := at(j)
			moved[j] = at(i)
			delete(moved, i)
			if !yield(drawn) {
				return
			}
		}
	}
}
