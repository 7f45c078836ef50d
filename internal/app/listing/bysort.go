package listing

import (
	"context"
	"errors"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Sort orders chunks by the values of a field, as filterlang.Sort says.
type Sort struct {
	Field      string // of the metadata, as filters name it
	Descending bool
	From       *filterlang.Value // the first value, a number or a text; nil: at the beginning
	Each       bool              // a chunk is listed once for each of its values; else for the first of them
	NoTexts    bool              // texts that are no times count for nothing
}

// check refuses what is wrong with s in in.
func (s *Sort) check(in *List) error {
	if s == nil {
		return nil
	}
	field, err := filterlang.ParseField(s.Field)
	switch {
	case s.Field == "":
		return domain.FieldErrorf(domain.ErrInvalid, "sort", "cannot be empty: it names a field")
	case err != nil:
		return domain.FieldErrorf(domain.ErrInvalid, "sort", "%q: %v", s.Field, err)
	case field.Source != filterlang.InMetadata:
		return domain.FieldErrorf(domain.ErrInvalid, "sort", "%s is not in the metadata", s.Field)
	case in.Order != ByID || in.From != "":
		return domain.FieldErrorf(domain.ErrInvalid, "sort", "is an order of its own: it excludes that of keys")
	case in.After != 0 && s.From == nil:
		return domain.FieldErrorf(domain.ErrInvalid, "after", "is behind the chunks with the value from, where chunks are sorted: give both")
	case s.From != nil:
		by := filterlang.Sort{}
		if _, ok := by.Rank(*s.From); !ok {
			return domain.FieldErrorf(domain.ErrInvalid, "from", "must be a number or a text, where chunks are sorted")
		}
	}
	return nil
}

// order returns the order that s, which was checked, asks for, and behind which place it begins; nil:
// at its beginning.
func (s *Sort) order(after int64) (by *filterlang.Sort, from *filterlang.Place) {
	by = &filterlang.Sort{Descending: s.Descending, Each: s.Each, NoTexts: s.NoTexts}
	by.Field, _ = filterlang.ParseField(s.Field)
	if s.From != nil {
		all := filterlang.Sort{}
		rank, _ := all.Rank(*s.From)
		from = &filterlang.Place{Rank: rank, ID: after}
	}
	return by, from
}

// placesAtOnce is how many places are found at once where chunks are passed over.
const placesAtOnce = 100_000

// bySort returns a page in the order of a field.
func (l *Lister) bySort(ctx context.Context, info domain.Database, in List) (Page, error) {
	s := sorting{Lister: l, info: info, in: &in, page: Page{Chunks: []domain.Chunk{}}, listed: map[int64]bool{}}
	s.by, s.at = in.Sort.order(in.After)
	if s.where = in.Filter; s.where == nil {
		s.where = &filterlang.Filter{}
	}
	for skip := in.Skip; skip > 0; {
		places, err := s.next(ctx, min(skip, placesAtOnce))
		if err != nil || len(places) == 0 {
			return s.page, err
		}
		skip -= len(places)
		s.at = &places[len(places)-1]
	}
	for {
		wanted := in.Limit - len(s.page.Chunks)
		places, err := s.next(ctx, wanted+1)
		if err == nil {
			err = s.takeAll(ctx, places[:min(wanted, len(places))])
		}
		if err != nil || len(places) <= wanted {
			return s.page, err
		}
		s.at = &places[wanted-1]
		if len(s.page.Chunks) == in.Limit {
			s.page.Next, s.page.NextValue = s.at.ID, &s.page.Values[in.Limit-1]
			return s.page, nil
		}
	}
}

// sorting is the work for one page.
type sorting struct {
	*Lister
	info  domain.Database
	in    *List
	by    *filterlang.Sort
	where *filterlang.Filter
	at    *filterlang.Place // behind which it goes on; nil: at the beginning

	page   Page
	size   int64
	listed map[int64]bool // chunks on the page: one that has moved on meanwhile does not come again
}

// next returns the next n places.
func (s *sorting) next(ctx context.Context, n int) ([]filterlang.Place, error) {
	return s.Query.Places(ctx, s.info, s.where, s.by, s.at, n)
}

// rowsAtOnce is how many rows are read at once at most.
const rowsAtOnce = 65_536

// takeAll is take in as many steps as are needed to have no more than an answer's bytes of the
// metadata by which chunks are sorted in memory.
func (s *sorting) takeAll(ctx context.Context, places []filterlang.Place) error {
	if len(places) <= rowsAtOnce {
		err := s.take(ctx, places)
		if !errors.Is(err, domain.ErrTooLarge) || len(places) < 2 || s.size > s.Limits.Answer {
			return err
		}
	}
	half := len(places) / 2
	if err := s.takeAll(ctx, places[:half]); err != nil {
		return err
	}
	return s.takeAll(ctx, places[half:])
}

// take adds the chunks at places to the page, but for those that have changed since.
func (s *sorting) take(ctx context.Context, places []filterlang.Place) error {
	ids := make([]int64, len(places))
	for i := range places {
		ids[i] = places[i].ID
	}
	slices.Sort(ids)
	chunks, err := s.Live.Chunks(ctx, s.info, domain.Selection{IDs: slices.Compact(ids), MaxBytes: s.Limits.Answer}, s.in.Fields|s.where.Fields()|domain.FieldMetadata)
	if err != nil {
		return err
	}
	at := make(map[int64]placed, len(chunks))
	for i := range chunks {
		if c := &chunks[i]; s.where.Matches(c) {
			at[c.ID] = placed{c, s.by.Places(c, nil)}
		}
	}
	for _, p := range places {
		value, ok := at[p.ID].at(s.by, p)
		if !ok || s.listed[p.ID] && !s.by.Each {
			continue
		}
		s.listed[p.ID] = true
		chunk := *at[p.ID].chunk
		chunk.KeepOnly(s.in.Fields)
		if s.size += chunk.Size(); s.size > s.Limits.Answer {
			return domain.AnswerTooLarge(s.Limits.Answer)
		}
		s.page.Chunks, s.page.Values = append(s.page.Chunks, chunk), append(s.page.Values, value)
	}
	return nil
}

// placed is a chunk with its places.
type placed struct {
	chunk  *domain.Chunk
	places []filterlang.Placed
}

// at returns the value for which the chunk is listed at p, and false if it is not any more.
func (c placed) at(by *filterlang.Sort, p filterlang.Place) (filterlang.Value, bool) {
	i, found := slices.BinarySearchFunc(c.places, p, func(own filterlang.Placed, p filterlang.Place) int { return by.Compare(own.Place, p) })
	if !found {
		return filterlang.Value{}, false
	}
	return c.places[i].Value, true
}
