package mcp

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// manyDatabases are use cases with 5,000 databases, of which at most most are listed at once.
type manyDatabases struct {
	UseCases
	most  int
	calls int
}

func (m *manyDatabases) DatabasesPage(_ context.Context, o *api.DatabasesOptions) (page api.DatabasePage, err error) {
	m.calls++
	if o.Limit > m.most {
		return page, domain.Errorf(domain.ErrInvalid, "limit")
	}
	for n := range 5000 {
		id := fmt.Sprintf("d%04d", n)
		if id <= o.After {
			continue
		}
		if len(page.Databases) == o.Limit {
			page.Next = page.Databases[o.Limit-1].ID
			break
		}
		page.Databases = append(page.Databases, api.DatabaseInfo{ID: id})
	}
	return page, nil
}

func TestFewOfManyDatabases(t *testing.T) {
	few := []string{"d0003", "d2500", "d4998", "d4999"}
	for most, calls := range map[int]int{10_000: 5, 1000: 16, 50: 110} {
		m := &manyDatabases{most: most}
		w := within{m, func(id string) bool { return slices.Contains(few, id) }}
		page, err := w.DatabasesPage(t.Context(), &api.DatabasesOptions{Limit: 50})
		var got []string
		for _, d := range page.Databases {
			got = append(got, d.ID)
		}
		if err != nil || !slices.Equal(got, few) || page.Next != "" || m.calls > calls {
			t.Errorf("at most %d at once: DatabasesPage = %v, %q, %v in %d calls; want %v in %d", most, got, page.Next, err, m.calls, few, calls)
		}
		page, err = w.DatabasesPage(t.Context(), &api.DatabasesOptions{Limit: 3})
		if err != nil || len(page.Databases) != 3 || page.Next != "d4998" {
			t.Errorf("at most %d at once: the first page = %+v, %v; want 3 databases, and the next after the third", most, page, err)
		}
	}
}
