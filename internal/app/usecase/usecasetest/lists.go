package usecasetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// filter reads a filter.
func filter(text string) *filterlang.Filter {
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		panic(err) // of a test that was written wrongly
	}
	return &f
}

// pages reads all pages of a list.
func (b *bench) pages(in app.List) (all []domain.Chunk, err error) {
	for {
		page, err := b.List(b.Context(), in)
		if err != nil {
			return nil, err
		}
		if len(page.Chunks) > in.Limit {
			return nil, fmt.Errorf("a page has %d chunks, of %d", len(page.Chunks), in.Limit)
		}
		all = append(all, page.Chunks...)
		in.Skip = 0
		switch {
		case page.NextKey != "":
			in.From, in.After = page.NextKey, 0
		case page.Next != 0:
			in.After = page.Next
		default:
			return all, nil
		}
	}
}

func texts(chunks []domain.Chunk) []string {
	list := make([]string, len(chunks))
	for i := range chunks {
		list[i] = chunks[i].Text
	}
	return list
}

func testList(_ *testing.T, b *bench) {
	id := b.name()
	chunks := numbered(vectors(1, 50, 3))
	for i := range chunks {
		if i%3 == 0 {
			chunks[i].Key = fmt.Sprintf("key %02d", 50-i)
		}
	}
	ids := b.insert(id, chunks...)
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return int(min(1, max(-1, ids[i]-ids[j]))) })
	wanted := func(keep func(i int) bool) (list []string) {
		for _, i := range order {
			if keep(i) {
				list = append(list, chunks[i].Text)
			}
		}
		return list
	}
	for _, c := range []struct {
		name string
		in   app.List
		want []string
	}{
		{"all", app.List{Limit: 7}, wanted(func(int) bool { return true })},
		{"all at once", app.List{Limit: 1000}, wanted(func(int) bool { return true })},
		{"skipped", app.List{Limit: 7, Skip: 10}, wanted(func(int) bool { return true })[10:]},
		{"filtered", app.List{Limit: 4, Filter: filter(`{"parity":"odd"}`)}, wanted(func(i int) bool { return i%2 == 1 })},
		{"filtered and skipped", app.List{Limit: 4, Skip: 5, Filter: filter(`{"parity":"odd"}`)}, wanted(func(i int) bool { return i%2 == 1 })[5:]},
		{"filtered by the row", app.List{Limit: 4, Filter: filter(`{"$text":{"$regex":"7$"}}`)}, wanted(func(i int) bool { return i%10 == 7 })},
		{"nothing", app.List{Limit: 4, Filter: filter(`{"parity":"prime"}`)}, nil},
	} {
		c.in.Database, c.in.Fields = id, domain.FieldText
		b.soon("list "+c.name, func() error {
			got, err := b.pages(c.in)
			if err == nil && !slices.Equal(texts(got), c.want) {
				err = fmt.Errorf("got %v, want %v", texts(got), c.want)
			}
			return err
		})
	}
	b.byKey(id, chunks)
	_, err := b.List(b.Context(), app.List{Database: id, Limit: -1})
	b.is("List with a bad limit", err, domain.ErrInvalid)
	_, err = b.List(b.Context(), app.List{Database: b.name()})
	b.is("List of one that is not there", err, domain.ErrNotFound)
}

// byKey lists in the order of keys, which has those without one first. A backend that cannot
// refuses.
func (b *bench) byKey(id string, chunks []domain.Chunk) {
	b.Helper()
	_, err := b.List(b.Context(), app.List{Database: id, Order: app.ByKey, Limit: 1})
	if errors.Is(err, domain.ErrUnsupported) {
		return
	}
	for _, f := range []*filterlang.Filter{nil, filter(`{"parity":"odd"}`)} {
		var want []string
		for i := range chunks {
			if chunks[i].Key != "" && (f == nil || f.Matches(&chunks[i])) {
				want = append(want, chunks[i].Key)
			}
		}
		slices.Sort(want)
		b.soon("list by keys", func() error {
			got, err := b.pages(app.List{Database: id, Order: app.ByKey, Limit: 7, Filter: f})
			var keys []string
			for i := range got {
				if got[i].Key != "" {
					keys = append(keys, got[i].Key)
				} else if keys != nil {
					return errors.New("a chunk without a key comes after one with a key")
				}
			}
			if err == nil && !slices.Equal(keys, want) {
				err = fmt.Errorf("got %v, want %v", keys, want)
			}
			return err
		})
	}
}

func testCount(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, numbered(vectors(2, 40, 3))...)
	for f, want := range map[string]int64{
		`{}`: 40, `{"parity":"odd"}`: 20, `{"n":{"$gte":10,"$lt":20}}`: 10, `{"n":{"$in":[1,2,99]}}`: 2, `{"tags":{"$contains":"t3"}}`: 8, `{"none":{"$exists":true}}`: 0,
		`{"$not":{"parity":"odd"}}`: 20, `{"parity":"odd","n":{"$gt":30}}`: 5, `{"$text":"text 7"}`: 1,
	} {
		b.soon("count of "+f, func() error {
			n, err := b.Count(b.Context(), id, filter(f))
			if err == nil && n != want {
				err = fmt.Errorf("got %d, want %d", n, want)
			}
			return err
		})
	}
	_, err := b.Count(b.Context(), b.name(), nil)
	b.is("Count of one that is not there", err, domain.ErrNotFound)
}

func testDelete(_ *testing.T, b *bench) {
	id := b.name()
	chunks := numbered(vectors(3, 40, 3))
	chunks[5].Key = "five"
	ids := b.insert(id, chunks...)
	if n, err := b.Delete(b.Context(), id, []int64{ids[0], ids[1], 1 << 61}); err != nil || n != 2 {
		b.Errorf("Delete = %d, %v; want 2", n, err)
	}
	if n, err := b.Delete(b.Context(), id, []int64{ids[0]}); err != nil || n != 0 {
		b.Errorf("Delete again = %d, %v; want 0", n, err)
	}
	if err := b.DeleteChunk(b.Context(), id, app.Ref{Key: "five"}); err != nil {
		b.Errorf("DeleteChunk = %v", err)
	}
	b.is("DeleteChunk again", b.DeleteChunk(b.Context(), id, app.Ref{Key: "five"}), domain.ErrNotFound)
	_, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[0]}, 0)
	b.is("Chunk of one that was deleted", err, domain.ErrNotFound)
	b.soon("deleted chunks are not found", func() error {
		hits, err := b.hits(id, app.Query{Embedding: chunks[0].Embedding, K: 40})
		for _, h := range hits {
			if h.ID == ids[0] || h.ID == ids[1] || h.ID == ids[5] {
				return fmt.Errorf("the chunk %d was deleted", h.ID)
			}
		}
		return err
	})
	b.soon("delete of what a filter selects", func() error {
		if n, err := b.Count(b.Context(), id, filter(`{"parity":"odd"}`)); err != nil || n != 18 {
			return fmt.Errorf("count = %d, %w", n, err)
		}
		return nil
	})
	if n, err := b.DeleteWhere(b.Context(), id, filter(`{"parity":"odd","$text":{"$regex":"[0-8]$"}}`)); err != nil || n != 14 {
		b.Errorf("DeleteWhere = %d, %v; want 14", n, err)
	}
	b.soon("what is left", func() error {
		left, err := b.pages(app.List{Database: id, Limit: 100, Fields: domain.FieldText})
		for i := range left {
			if odd := strings.IndexByte("13579", left[i].Text[len(left[i].Text)-1]); odd >= 0 && odd < 4 {
				return fmt.Errorf("%q was deleted", left[i].Text)
			}
		}
		if err == nil && len(left) != 23 {
			err = fmt.Errorf("%d are left, of 23", len(left))
		}
		return err
	})
	if n, err := b.DeleteWhere(b.Context(), id, nil); err != nil || n != 23 {
		b.Errorf("DeleteWhere of all = %d, %v; want 23", n, err)
	}
	if n, err := b.Count(b.Context(), id, nil); err != nil || n != 0 {
		b.Errorf("Count = %d, %v; want 0", n, err)
	}
	_, err = b.Delete(b.Context(), id, nil)
	b.is("Delete of nothing", err, domain.ErrInvalid)
}
