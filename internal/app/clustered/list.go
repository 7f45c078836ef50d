package clustered

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// mostValues is how many different values CountValues tells apart, and mostSorted how many chunks
// are sorted by their keys, which bounds the memory for it.
const (
	mostValues = 100_000
	mostSorted = 100_000
)

// topValues returns the limit values of most chunks.
func topValues(counts map[filterlang.Value]int, limit int) app.ValueCounts {
	out := app.ValueCounts{Distinct: len(counts), Values: []app.ValueCount{}}
	for _, v := range slices.SortedFunc(maps.Keys(counts), func(a, b filterlang.Value) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), a.Compare(b))
	}) {
		if len(out.Values) == cmp.Or(limit, app.DefaultValues) {
			break
		}
		out.Values = append(out.Values, app.ValueCount{Value: v, Chunks: counts[v]})
	}
	return out
}

// selected returns the chunks that f selects in the order of their ids, where they are so few
// that the cluster can find them at once.
func (s *Service) selected(ctx context.Context, e *catalog.Entry, f *filterlang.Filter, fields domain.Fields) (list []domain.Chunk, ok bool, err error) {
	n, _, err := s.cluster.Count(ctx, e.Room, f, s.now().UnixMicro())
	if err != nil || n > mostFind {
		return nil, false, err
	}
	hits, err := s.cluster.Find(ctx, e.Room, ports.ClusterQuery{K: ports.MaxClusterK, Filter: f, Fields: fields})
	if err != nil || len(hits) == ports.MaxClusterK {
		return nil, false, err
	}
	now := s.now()
	for i := range hits {
		if c := &hits[i].Chunk; !c.Expired(now) && f.Matches(c) {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b domain.Chunk) int { return cmp.Compare(a.ID, b.ID) })
	return list, true, nil
}

// List returns the chunks that a filter selects, a page at a time; see app.Service.
func (s *Service) List(ctx context.Context, in app.List) (app.Page, error) {
	if in.Limit == 0 {
		in.Limit = min(app.DefaultList, s.limits.Results)
	}
	if err := s.checkList(&in); err != nil {
		return app.Page{}, err
	}
	return on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (page app.Page, err error) {
		if in.Order == app.ByKey {
			page, err = s.byKey(ctx, e, &in)
		} else {
			page, err = s.byID(ctx, e, &in)
		}
		if err != nil {
			return app.Page{}, fmt.Errorf("list %q: %w", in.Database, err)
		}
		return page, nil
	})
}

func (s *Service) checkList(in *app.List) error {
	switch {
	case in.Sort != nil:
		return capability.Refuse(capability.Sort, "a cluster does not list chunks in the order of a field")
	case in.Limit < 1 || in.Limit > s.limits.Results:
		return domain.Errorf(domain.ErrInvalid, "limit must be between 1 and %d, got %d", s.limits.Results, in.Limit)
	case in.After < 0:
		return domain.Errorf(domain.ErrInvalid, "after must be at least 0, got %d", in.After)
	case in.Skip < 0:
		return domain.Errorf(domain.ErrInvalid, "skip must be at least 0, got %d", in.Skip)
	case in.Order > app.ByKey:
		return domain.Errorf(domain.ErrInvalid, "unknown order %d of chunks", in.Order)
	case in.Order != app.ByKey && in.From != "":
		return domain.Errorf(domain.ErrInvalid, "from is a key: it needs the order by keys")
	case in.From != "" && in.After != 0:
		return domain.Errorf(domain.ErrInvalid, "after and from exclude each other")
	}
	if err := domain.CheckKey(in.From); err != nil {
		return err
	}
	return s.query.CheckFilter(in.Filter)
}

// byID returns a page in the order of ids.
func (s *Service) byID(ctx context.Context, e *catalog.Entry, in *app.List) (app.Page, error) {
	page := app.Page{Chunks: []domain.Chunk{}}
	skip, size := in.Skip, int64(0)
	err := s.each(ctx, e, in.Filter, in.After, in.Fields, func(c *domain.Chunk) (bool, error) {
		switch {
		case skip > 0:
			skip--
			return true, nil
		case len(page.Chunks) == in.Limit:
			page.Next = page.Chunks[in.Limit-1].ID
			return false, nil
		}
		c.KeepOnly(in.Fields)
		if size += c.Size(); size > s.limits.Answer {
			return false, domain.AnswerTooLarge(s.limits.Answer)
		}
		page.Chunks = append(page.Chunks, *c)
		return true, nil
	})
	return page, err
}

// byKey returns a page in the order of keys. All chunks that the filter selects are sorted for
// it, of which there may not be too many.
func (s *Service) byKey(ctx context.Context, e *catalog.Entry, in *app.List) (app.Page, error) {
	var refs []domain.Chunk // with id and key only
	err := s.each(ctx, e, in.Filter, 0, 0, func(c *domain.Chunk) (bool, error) {
		if c.Key == "" && (in.From != "" || c.ID <= in.After) || c.Key < in.From {
			return true, nil
		}
		if len(refs) == mostSorted {
			return false, capability.Refuse(capability.Exact, fmt.Sprintf("a cluster sorts at most %d chunks by their keys: list them by id, or with a filter", mostSorted))
		}
		refs = append(refs, domain.Chunk{ID: c.ID, Key: c.Key})
		return true, nil
	})
	if err != nil {
		return app.Page{}, err
	}
	slices.SortFunc(refs, func(a, b domain.Chunk) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
	})
	refs = refs[min(in.Skip, len(refs)):]
	page := app.Page{Chunks: []domain.Chunk{}}
	if len(refs) > in.Limit {
		if next := &refs[in.Limit]; next.Key != "" {
			page.NextKey = next.Key
		} else {
			page.Next = next.ID - 1
		}
		refs = refs[:in.Limit]
	}
	named := make([]domain.Ref, len(refs))
	for i := range refs {
		if named[i].Key = refs[i].Key; refs[i].Key == "" {
			named[i].ID = refs[i].ID
		}
	}
	fields := in.Fields
	if in.Filter != nil {
		fields |= in.Filter.Fields()
	}
	chunks, err := s.get(ctx, e, named, fields)
	if err != nil {
		return app.Page{}, err
	}
	size := int64(0)
	for i := range chunks {
		if in.Filter != nil && !in.Filter.Matches(&chunks[i]) {
			continue
		}
		chunks[i].KeepOnly(in.Fields)
		if size += chunks[i].Size(); size > s.limits.Answer {
			return app.Page{}, domain.AnswerTooLarge(s.limits.Answer)
		}
		page.Chunks = append(page.Chunks, chunks[i])
	}
	return page, nil
}

// Sample returns N of the chunks that a filter selects, or all if they are fewer: each as likely
// as any other, none twice, in random order.
func (s *Service) Sample(ctx context.Context, in app.Sample) ([]domain.Chunk, error) {
	if in.N < 0 || in.N > s.limits.Results {
		return nil, domain.FieldErrorf(domain.ErrInvalid, "n", "must be between 1 and %d, got %d", s.limits.Results, in.N)
	}
	if err := s.query.CheckFilter(in.Filter); err != nil {
		return nil, err
	}
	n := cmp.Or(in.N, app.DefaultSample)
	return on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) ([]domain.Chunk, error) {
		list, seen := []domain.Chunk{}, int64(0)
		// The reservoir of Vitter, "Random Sampling with a Reservoir" (1985), algorithm R.
		err := s.each(ctx, e, in.Filter, 0, in.Fields, func(c *domain.Chunk) (bool, error) {
			seen++
			c.KeepOnly(in.Fields)
			if len(list) < n {
				list = append(list, *c)
			} else if at := s.random(seen); at < int64(n) {
				list[at] = *c
			}
			return true, nil
		})
		if err != nil {
			return nil, fmt.Errorf("sample of %q: %w", in.Database, err)
		}
		size := int64(0)
		for i := range list {
			if size += list[i].Size(); size > s.limits.Answer {
				return nil, domain.AnswerTooLarge(s.limits.Answer)
			}
			j := i + int(s.random(int64(len(list)-i)))
			list[i], list[j] = list[j], list[i]
		}
		return list, nil
	})
}
