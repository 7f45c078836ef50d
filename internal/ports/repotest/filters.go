package repotest

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// filterSeed is that of random filters and what they are asked about.
const filterSeed = 20261122

// RandomFilters is how many random filters a rule tries: few, or as many as
// MEMISTA_FILTERS says.
func RandomFilters(few int) int {
	if n, err := strconv.Atoi(os.Getenv("MEMISTA_FILTERS")); err == nil && n > 0 {
		return n
	}
	return few
}

// filter parses JSON that is known to be a filter.
func (s *suite) filter(text string) *filterlang.Filter {
	s.Helper()
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		s.Fatalf("ParseFilter(%s) = %v; want nil", text, err)
	}
	return &f
}

// matching asks the repository what f selects of db.
func (s *suite) matching(db domain.Database, f *filterlang.Filter, after int64, limit int) []int64 {
	s.Helper()
	got, err := s.repo.Matching(s.ctx, db, f, domain.Selection{After: after, Limit: limit})
	if err != nil {
		s.Fatalf("Matching(%s) = %v; want nil", f.String(), err)
	}
	return got
}

var filterRules = []rule{
	{"random filters select what the reference selects", func(s *suite) {
		r := rand.New(rand.NewPCG(filterSeed, 1))
		chunks := make([]domain.Chunk, 150)
		for i := range chunks {
			chunks[i] = RandomChunk(r, i)
		}
		s.put("db", chunks...)
		s.write(domain.Batch{Database: "db", Delete: []int64{3, 77}})
		db, rows := s.find("db"), s.all("db")
		some := 0
		for i := range RandomFilters(300) {
			text := RandomFilter(r)
			f := s.filter(text)
			want := []int64{}
			for j := range rows {
				if f.Matches(&rows[j]) {
					want = append(want, rows[j].ID)
				}
			}
			if got := s.matching(db, f, 0, math.MaxInt); !equalIDs(got, want) {
				s.Fatalf("seed %d, filter %d: Matching(%s) = %v; want %v", filterSeed, i, text, got, want)
			}
			if len(want) > 0 && len(want) < len(rows) {
				some++
			}
		}
		if some < RandomFilters(300)/5 {
			s.Errorf("%d filters select some chunks and not others; want a fifth, or they prove little", some)
		}
	}},
	{"matching goes up in ids from after, at most limit", func(s *suite) {
		db := s.put("db", numbered(20)...).Database
		f := s.filter(`{"$id":{"$in":[3,4,5,6,18,99]}}`)
		for _, page := range []struct {
			after int64
			limit int
			want  []int64
		}{{0, 2, []int64{3, 4}}, {4, 2, []int64{5, 6}}, {6, 10, []int64{18}}, {18, 1, nil}, {0, 0, nil}} {
			if got := s.matching(db, f, page.after, page.limit); !equalIDs(got, page.want) {
				s.Errorf("Matching(after %d, limit %d) = %v; want %v", page.after, page.limit, got, page.want)
			}
		}
	}},
	{"matching in a life that has ended is ErrNotFound", func(s *suite) {
		db := s.put("db", numbered(2)...).Database
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatal(err)
		}
		_, err := s.repo.Matching(s.ctx, db, s.filter(`{}`), domain.Selection{Limit: 10})
		s.kind("Matching after drop", err, domain.ErrNotFound)
		s.put("db", numbered(3)...)
		_, err = s.repo.Matching(s.ctx, db, s.filter(`{}`), domain.Selection{Limit: 10})
		s.kind("Matching in the old life", err, domain.ErrNotFound)
	}},
	{"values of filters are values, whatever they look like", func(s *suite) {
		hostile := `'; DROP TABLE databases; --"?1:a@b$c%_\`
		c := chunk(hostile, 1)
		c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: `{"` + `x'\"); --` + `":"` + `'; DROP TABLE databases; --\"?1:a@b$c%_\\` + `"}`}
		db := s.put("db", keyed(hostile, c), chunk("other", 2)).Database
		quoted := `"'; DROP TABLE databases; --\"?1:a@b$c%_\\"`
		for _, text := range []string{`{"$text":` + quoted + `}`, `{"$key":` + quoted + `}`, `{"x'\"); --":` + quoted + `}`,
			`{"x'\"); --":{"$contains":` + quoted + `}}`, `{"$text":{"$in":["a",` + quoted + `]}}`} {
			if got := s.matching(db, s.filter(text), 0, 10); !equalIDs(got, []int64{1}) {
				s.Errorf("Matching(%s) = %v; want [1]", text, got)
			}
		}
		s.same("chunks left", len(s.all("db")), 2)
	}},
}

func equalIDs(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
