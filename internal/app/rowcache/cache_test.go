package rowcache_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/domain"
)

func row(id int64, text string) domain.Chunk { return domain.Chunk{ID: id, Text: text, Sequence: id} }

// warm returns a cache that has seen enough searches to keep rows.
func warm(bound int64) *rowcache.Cache {
	c := rowcache.New(bound)
	for range 100 {
		c.Get(nil)
	}
	return c
}

// fill looks up rows that are not there and fills them in.
func fill(t *testing.T, c *rowcache.Cache, rows ...domain.Chunk) {
	t.Helper()
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	l := c.Get(ids)
	if !slices.Equal(l.Missing, ids) {
		t.Fatalf("Missing = %v; want %v", l.Missing, ids)
	}
	l.Fill(rows)
	if diff := cmp.Diff(rows, l.Chunks); diff != "" {
		t.Fatalf("Chunks (-want +got):\n%s", diff)
	}
}

func TestKeepsRows(t *testing.T) {
	c := warm(1 << 20)
	fill(t, c, row(1, "one"), row(3, "three"))
	l := c.Get([]int64{3, 2, 1, 4})
	if want := []int64{2, 4}; !slices.Equal(l.Missing, want) {
		t.Fatalf("Missing = %v; want %v", l.Missing, want)
	}
	l.Fill([]domain.Chunk{row(2, "two"), row(4, "four")})
	want := []domain.Chunk{row(3, "three"), row(2, "two"), row(1, "one"), row(4, "four")}
	if diff := cmp.Diff(want, l.Chunks); diff != "" {
		t.Errorf("Chunks (-want +got):\n%s", diff)
	}
	if l := c.Get([]int64{1, 2, 3, 4}); len(l.Missing) > 0 {
		t.Errorf("then Missing = %v", l.Missing)
	}
}

func TestForgetsWhatIsCommitted(t *testing.T) {
	c := warm(1 << 20)
	fill(t, c, row(1, "one"), row(2, "two"), row(3, "three"))
	c.Apply(domain.Commit{IDs: []int64{1}, Deleted: []int64{3}})
	if l := c.Get([]int64{1, 2, 3}); !slices.Equal(l.Missing, []int64{1, 3}) {
		t.Errorf("Missing = %v; want what was written and what was deleted", l.Missing)
	}
}

// A row may be read before a commit and filled in after it.
func TestDoesNotKeepWhatWasReadBeforeACommit(t *testing.T) {
	c := warm(1 << 20)
	l := c.Get([]int64{1})
	c.Apply(domain.Commit{IDs: []int64{1}})
	l.Fill([]domain.Chunk{row(1, "old")})
	if l := c.Get([]int64{1}); len(l.Missing) == 0 {
		t.Errorf("has %q", l.Chunks[0].Text)
	}
}

func TestStaysInItsBound(t *testing.T) {
	const bound = 1 << 16
	c := warm(bound)
	for id := int64(1); id < 1000; id++ {
		c.Get([]int64{1}) // found ever again, so it stays
		fill(t, c, row(1+id, strings.Repeat("x", 100)))
		if id == 1 {
			fill(t, c, row(1, "often"))
		}
		if n := c.Bytes(); n < 0 || n > bound {
			t.Fatalf("%d rows: %d bytes; at most %d", id, n, bound)
		}
	}
	l := c.Get([]int64{1, 2, 1000})
	if !slices.Equal(l.Missing, []int64{2}) {
		t.Errorf("Missing = %v; want the row that was found longest ago", l.Missing)
	}
	full := c.Bytes()
	fill(t, c, row(5000, strings.Repeat("x", bound/2)))
	if c.Bytes() != full {
		t.Error("keeps a row that would take half of it")
	}
	for id := int64(1); id <= 1000; id++ {
		c.Apply(domain.Commit{Deleted: []int64{id}})
	}
	if c.Bytes() != 0 {
		t.Errorf("empty: %d bytes", c.Bytes())
	}
}

func TestKeepsNothing(t *testing.T) {
	for name, c := range map[string]*rowcache.Cache{"without room": warm(0), "before it is warm": rowcache.New(1 << 20)} {
		for range 3 {
			fill(t, c, row(1, "one"))
		}
		if c.Bytes() != 0 {
			t.Errorf("%s: %d bytes", name, c.Bytes())
		}
	}
}
