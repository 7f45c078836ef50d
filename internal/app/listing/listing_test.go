package listing_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

func open(t testing.TB) *app.Service {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	svc, err := app.New(app.Config{Repository: store, Flat: flat.Engine{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return svc
}

// row is what a test knows of a chunk.
type row struct {
	id  int64
	key string
	n   int
}

// fill stores count chunks, of which those without a key are one in nokey, and returns them
// in the order of their ids.
func fill(t testing.TB, svc *app.Service, r *rand.Rand, count, nokey int) []row {
	t.Helper()
	chunks, rows := make([]domain.Chunk, count), make([]row, count)
	for i := range chunks {
		rows[i] = row{n: r.IntN(1000)}
		if r.IntN(nokey) > 0 {
			rows[i].key = fmt.Sprintf("%c%x", "aAzZé日"[r.IntN(5)], r.Uint64())
			rows[i].key = strings.ToValidUTF8(rows[i].key, "?")
		}
		meta, err := domain.MetadataObject(fmt.Appendf(nil, `{"n":%d}`, rows[i].n))
		if err != nil {
			t.Fatal(err)
		}
		chunks[i] = domain.Chunk{Key: rows[i].key, Metadata: meta, Embedding: []float32{1, float32(i)}}
	}
	ids, err := svc.Insert(t.Context(), app.Insert{Database: "db", Chunks: chunks})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].id = ids[i]
	}
	return rows
}

func byKey(a, b row) int {
	if a.key == "" && b.key == "" {
		return int(a.id - b.id)
	}
	return strings.Compare(a.key, b.key)
}

func below(n int) *filterlang.Filter {
	f, err := filterlang.Parse(fmt.Appendf(nil, `{"n":{"$lt":%d}}`, n))
	if err != nil {
		panic(err)
	}
	return &f
}

// TestPagesAgainstAnOracle reads random lists page by page and compares them with what was
// stored, sorted in Go.
func TestPagesAgainstAnOracle(t *testing.T) {
	for _, nokey := range []int{1, 3, 1 << 30} {
		t.Run(fmt.Sprint("one without a key in ", nokey), func(t *testing.T) {
			svc := open(t)
			r := rand.New(rand.NewPCG(7, uint64(nokey)))
			rows := fill(t, svc, r, 700, nokey)
			keyed := slices.Clone(rows)
			slices.SortFunc(keyed, byKey)
			for range 60 {
				in := app.List{Database: "db", Limit: 1 + r.IntN(200), Skip: r.IntN(2) * r.IntN(300)}
				want := rows
				switch r.IntN(6) {
				case 0:
					in.After = r.Int64N(700)
					want = want[in.After:]
				case 1:
					in.Order, want = app.ByKey, keyed
				case 2:
					in.Order = app.ByKey
					in.From = keyed[r.IntN(700)].key + []string{"", "!"}[r.IntN(2)]
					from, _ := slices.BinarySearchFunc(keyed, row{key: in.From}, byKey)
					want = keyed[from:]
				case 3:
					in.Order, in.After = app.ByKey, r.Int64N(700)
					want = slices.DeleteFunc(slices.Clone(keyed), func(w row) bool { return w.key == "" && w.id <= in.After })
				case 4:
					in.Sort = &app.Sort{Field: "n", Descending: r.IntN(2) == 0}
					want = byNumber(rows, in.Sort.Descending)
				case 5:
					in.Sort = &app.Sort{Field: "n", Descending: r.IntN(2) == 0}
					want = byNumber(rows, in.Sort.Descending)
					at := want[r.IntN(len(want))]
					in.Sort.From, in.After = new(filterlang.Int(int64(at.n))), at.id
					want = want[1+slices.Index(want, at):]
				}
				if r.IntN(3) > 0 {
					n := []int{0, 3, 50, 500, 1000}[r.IntN(5)]
					in.Filter = below(n)
					want = slices.DeleteFunc(slices.Clone(want), func(w row) bool { return w.n >= n })
				}
				checkPages(t, svc, in, want[min(len(want), in.Skip):])
			}
		})
	}
}

// byNumber returns rows in the order of their numbers.
func byNumber(rows []row, descending bool) []row {
	list := slices.Clone(rows)
	slices.SortStableFunc(list, func(a, b row) int {
		if descending {
			return b.n - a.n
		}
		return a.n - b.n
	})
	return list
}

// checkPages reads a list to its end.
func checkPages(t *testing.T, svc *app.Service, in app.List, want []row) {
	t.Helper()
	asked := fmt.Sprintf("%+v with %v", in, in.Filter)
	var got, ids []int64
	for _, w := range want {
		ids = append(ids, w.id)
	}
	for {
		page, err := svc.List(t.Context(), in)
		if err != nil {
			t.Fatalf("List(%s) = %v", asked, err)
		}
		for _, c := range page.Chunks {
			got = append(got, c.ID)
		}
		if page.Next == 0 && page.NextKey == "" && page.NextValue == nil {
			break
		}
		if len(page.Chunks) != in.Limit {
			t.Errorf("List(%s): a page of %d chunks, and not the last", asked, len(page.Chunks))
		}
		in.After, in.From, in.Skip = page.Next, page.NextKey, 0
		if in.Sort != nil {
			in.Sort.From = page.NextValue
		}
		if page.NextKey != "" {
			in.After = 0
		}
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("List(%s) (-want +got):\n%s", asked, diff)
	}
}

// TestSortedWhileValuesChange reads pages beside a writer: each is full, in order, and has its
// chunks at the values that they have in it.
func TestSortedWhileValuesChange(t *testing.T) {
	svc := open(t)
	r := rand.New(rand.NewPCG(3, 3))
	fill(t, svc, r, 300, 1<<30)
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			meta, err := domain.MetadataObject(fmt.Appendf(nil, `{"n":%d}`, i%1000))
			if err == nil {
				_, err = svc.Patch(t.Context(), "db", app.Ref{ID: int64(1 + i%300)}, app.Patch{Metadata: &meta})
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 200 {
		in := app.List{Database: "db", Limit: 200, Fields: domain.FieldMetadata, Sort: &app.Sort{Field: "n", Descending: i%2 == 0}}
		page, err := svc.List(t.Context(), in)
		if err != nil || len(page.Chunks) != 200 || len(page.Values) != 200 {
			t.Fatalf("List = %d chunks and %d values, %v; want 200", len(page.Chunks), len(page.Values), err)
		}
		seen := map[int64]bool{}
		for j, c := range page.Chunks {
			v := page.Values[j]
			if own := fmt.Sprintf(`{"n":%d}`, v.Int); c.Metadata.Text != own {
				t.Errorf("chunk %d with %s is listed for %d", c.ID, c.Metadata.Text, v.Int)
			}
			if by := filterlang.Int(v.Int); j > 0 && (page.Values[j-1].Compare(by) > 0) != in.Sort.Descending && page.Values[j-1] != by {
				t.Errorf("%d comes after %d, descending: %v", v.Int, page.Values[j-1].Int, in.Sort.Descending)
			}
			if seen[c.ID] {
				t.Errorf("chunk %d is listed twice", c.ID)
			}
			seen[c.ID] = true
		}
	}
	close(done)
	writer.Wait()
}

func TestListsThatAreRefused(t *testing.T) {
	svc := open(t)
	fill(t, svc, rand.New(rand.NewPCG(1, 1)), 3, 2)
	for name, in := range map[string]app.List{
		"a negative skip":   {Skip: -1},
		"from without keys": {From: "a"},
		"from and after":    {Order: app.ByKey, From: "a", After: 1},
		"an unknown order":  {Order: 9},
		"a key too long":    {Order: app.ByKey, From: strings.Repeat("k", domain.MaxKeyLength+1)},
		"a negative limit":  {Order: app.ByKey, Limit: -1},
	} {
		in.Database = "db"
		if _, err := svc.List(t.Context(), in); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: List = %v; want ErrInvalid", name, err)
		}
	}
	if _, err := svc.List(t.Context(), app.List{Database: "none", Order: app.ByKey}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("List of no database = %v; want ErrNotFound", err)
	}
}

// BenchmarkPagesSorted reads a page of 10 chunks of 100,000 in the order of a field.
func BenchmarkPagesSorted(b *testing.B) {
	svc := open(b)
	r := rand.New(rand.NewPCG(2, 3))
	for range 10 {
		fill(b, svc, r, 10_000, 1<<30)
	}
	from := filterlang.Int(500)
	for name, in := range map[string]app.List{
		"all":             {Sort: &app.Sort{Field: "n"}},
		"from the middle": {Sort: &app.Sort{Field: "n", From: &from}},
		"descending":      {Sort: &app.Sort{Field: "n", Descending: true}},
		"skip 50000":      {Sort: &app.Sort{Field: "n"}, Skip: 50_000},
		"one in 500":      {Sort: &app.Sort{Field: "n", Descending: true}, Filter: below(2)},
	} {
		in.Database, in.Limit = "db", 10
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := svc.List(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPagesByKey reads a page of 10 chunks of 100,000 with keys.
func BenchmarkPagesByKey(b *testing.B) {
	svc := open(b)
	r := rand.New(rand.NewPCG(2, 3))
	for range 10 {
		fill(b, svc, r, 10_000, 1<<30)
	}
	for name, in := range map[string]app.List{
		"all":             {},
		"from a key":      {From: "m"},
		"skip 50000":      {Skip: 50_000},
		"one in 10":       {Filter: below(100)},
		"one in 10, from": {Filter: below(100), From: "m"},
		"one in 500":      {Filter: below(2)},
		"most":            {Filter: below(900)},
	} {
		in.Database, in.Order, in.Limit = "db", app.ByKey, 10
		b.Run(name, func(b *testing.B) {
			began := time.Now()
			for b.Loop() {
				if _, err := svc.List(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(time.Since(began).Microseconds())/float64(b.N), "µs/page")
		})
	}
}
