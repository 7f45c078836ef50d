package rerank_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/reranktest"
)

// hits are those of a search, best first.
func hits() []domain.Hit {
	var out []domain.Hit
	for i, text := range []string{"red fox", "the lamp", " ", "lamp", "the lamp", "", "lamp lamp"} {
		out = append(out, domain.Hit{Chunk: domain.Chunk{ID: int64(i + 1), Text: text}, Score: float32(10 - i), Distance: float32(i)})
	}
	return out
}

// shown returns ids with scores.
func shown(list []domain.Hit) string {
	var out []string
	for _, h := range list {
		out = append(out, fmt.Sprintf("%d:%.1f", h.ID, h.Score))
	}
	return strings.Join(out, " ")
}

func TestRank(t *testing.T) {
	for name, c := range map[string]struct {
		task  rerank.Task
		want  string
		first []domain.Place
	}{
		"all, equal ones in their order, those without a text last": {rerank.Task{K: 10}, "4:1.0 7:1.0 2:0.5 5:0.5 1:0.0 3:0.0 6:0.0", nil},
		"the first":               {rerank.Task{K: 1}, "4:1.0", []domain.Place{{Rank: 4, Score: 7}}},
		"a page":                  {rerank.Task{Offset: 1, K: 2}, "7:1.0 2:0.5", []domain.Place{{Rank: 7, Score: 4}, {Rank: 2, Score: 9}}},
		"past all":                {rerank.Task{Offset: 9, K: 2}, "", nil},
		"those that score enough": {rerank.Task{K: 10, MinScore: new(float32(0.5))}, "4:1.0 7:1.0 2:0.5 5:0.5", nil},
		"none scores enough":      {rerank.Task{K: 10, MinScore: new(float32(2))}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := rerank.New(reranktest.NewMemory())
			c.task.Query = "lamp"
			var e domain.Explain
			got, err := r.Rank(t.Context(), c.task, hits(), &e)
			if err != nil || shown(got) != c.want {
				t.Fatalf("Rank = %s, %v; want %s", shown(got), err, c.want)
			}
			if w := e.Rerank; w.Model != "words" || w.Texts != 5 || len(w.First) != len(got) || c.first != nil && !cmp.Equal(w.First, c.first) {
				t.Errorf("it explains %+v; want 5 texts and first places %v", w, c.first)
			}
			if s := r.Stats(); s.Calls != 1 || s.Texts != 5 || s.Took <= 0 || e.Times.Rerank <= 0 {
				t.Errorf("it counts %+v and took %v", s, e.Times.Rerank)
			}
		})
	}
}

func TestNothingToRankCostsNothing(t *testing.T) {
	m := reranktest.NewMemory()
	r := rerank.New(m)
	blank := []domain.Hit{{Chunk: domain.Chunk{ID: 1}, Score: 3}, {Chunk: domain.Chunk{ID: 2, Text: "\n"}, Score: 2}}
	for want, list := range map[string][]domain.Hit{"": nil, "1:3.0 2:2.0": blank} {
		got, err := r.Rank(t.Context(), rerank.Task{Query: "q", K: 5}, list, new(domain.Explain))
		if err != nil || shown(got) != want {
			t.Errorf("Rank = %s, %v; want %s", shown(got), err, want)
		}
	}
	if calls := m.Calls(); len(calls) > 0 || r.Stats() != (rerank.Stats{}) {
		t.Errorf("the reranker is called with %v", calls)
	}
}

func TestFailuresCount(t *testing.T) {
	m := reranktest.NewMemory()
	r := rerank.New(m)
	m.Fail(domain.ErrRerankerBusy, 3)
	_, err := r.Rank(t.Context(), rerank.Task{Query: "q", K: 1}, hits(), new(domain.Explain))
	if e, ok := errors.AsType[*domain.RerankerError](err); !ok || e.RetryAfter != 3*time.Second {
		t.Errorf("Rank = %v; want a RerankerError that says 3 s", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Rank(gone, rerank.Task{Query: "q", K: 1}, hits(), new(domain.Explain)); !errors.Is(err, context.Canceled) {
		t.Errorf("Rank = %v; want that the context has ended", err)
	}
	if s := r.Stats(); s.Calls != 0 || s.Failures != 1 {
		t.Errorf("it counts %+v; want one failure", s)
	}
	if err := errors.Join(r.Close(), r.Close(), rerank.New(nil).Close()); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func TestPlan(t *testing.T) {
	r := rerank.New(reranktest.NewMemory())
	for _, c := range []struct {
		ask                domain.Rerank
		k, offset, results int
		want               int
	}{
		{domain.Rerank{}, 10, 0, 10_000, 50},
		{domain.Rerank{}, 80, 10, 10_000, 90},
		{domain.Rerank{}, 10, 0, 20, 20},
		{domain.Rerank{Top: 30}, 10, 20, 10_000, 30},
		{domain.Rerank{Top: 1000}, 10, 20, 10_000, 1000},
	} {
		top, task, err := r.Plan(c.ask, c.k, c.offset, c.results, "", "q", "r")
		if err != nil || top != c.want || task.Query != "q" || task.K != c.k || task.Offset != c.offset {
			t.Errorf("Plan(%+v, %d, %d) = %d, %+v, %v; want %d", c.ask, c.k, c.offset, top, task, err, c.want)
		}
	}
	for want, plan := range map[string]func() (int, rerank.Task, error){
		"needs a text":                               func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{}, 1, 0, 100, "", " ") },
		"between 1 and 1000, got 1001":               func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{Top: 1001}, 1, 0, 10_000, "q") },
		"between 1 and 100, got 101":                 func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{Top: 101}, 1, 0, 100, "q") },
		"between 1 and 100, got -1":                  func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{Top: -1}, 1, 0, 100, "q") },
		"at least offset + k, got 20 for 1 + 20":     func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{Top: 20}, 20, 1, 100, "q") },
		"at least offset + k, got 1000 for 0 + 2000": func() (int, rerank.Task, error) { return r.Plan(domain.Rerank{}, 2000, 0, 10_000, "q") },
	} {
		if _, _, err := plan(); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("Plan = %v; want ErrInvalid that says %q", err, want)
		}
	}
	if _, _, err := rerank.New(nil).Plan(domain.Rerank{}, 1, 0, 100, "q"); !errors.Is(err, domain.ErrUnsupported) || !strings.Contains(err.Error(), "has no reranker") {
		t.Errorf("Plan without a reranker = %v; want ErrUnsupported", err)
	}
}
