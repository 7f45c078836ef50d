package app_test

import (
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
)

// A page that holds the last chunk says that nothing follows, also if it is full.
func TestTheLastPageSaysThatItIs(t *testing.T) {
	c := newClock()
	s := timed(t, unswept{openStore(t, "")}, c, 0)
	insert(t, s, "a", chunk("x", 1, 0), chunk("x", 1, 0), chunk("other", 1, 0), chunk("x", 1, 0), living(time.Second, chunk("x", 1, 0)))
	parsed, err := filterlang.Parse([]byte(`{"$text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	next := func(after int64, limit int, f *filterlang.Filter, want int64) {
		t.Helper()
		page, err := s.List(t.Context(), app.List{Database: "a", After: after, Limit: limit, Filter: f})
		if err != nil || len(page.Chunks) != limit || page.Next != want {
			t.Errorf("List(after %d, limit %d, filter %v) = %d chunks, next %d, %v; want next %d", after, limit, f != nil, len(page.Chunks), page.Next, err, want)
		}
	}
	next(0, 5, nil, 0)
	next(0, 4, nil, 4)
	next(2, 3, nil, 0)
	next(0, 4, &parsed, 0)
	next(0, 3, &parsed, 4)
	next(4, 1, &parsed, 0)
	c.turn(time.Second) // the last one is still a row, and gone
	next(0, 4, nil, 0)
	next(0, 3, &parsed, 0)
}
