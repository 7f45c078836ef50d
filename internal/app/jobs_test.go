package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func wait(t *testing.T, s *app.Service, id int64) app.Job {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	j, err := s.WaitJob(ctx, id)
	if err != nil {
		t.Fatalf("WaitJob(%d): %v", id, err)
	}
	return j
}

func TestRebuildIsAJob(t *testing.T) {
	s := newService(t, openStore(t, ""), 20)
	for i := range 100 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	j, err := s.StartRebuild(t.Context(), "a")
	if err != nil || j.ID != 1 || j.Kind != app.KindRebuild || j.Database != "a" || j.State != app.JobRunning || j.Started.IsZero() {
		t.Fatalf("StartRebuild = %+v, %v", j, err)
	}
	j = wait(t, s, j.ID)
	if j.State != app.JobDone || j.Percent() != 100 || j.Done != 200 || j.Ended.IsZero() || j.Error != "" {
		t.Errorf("the job has ended as %+v; want it done, 200 steps", j)
	}
	if hits := search(t, s, "a", 200, 1, 0); len(hits) != 100 {
		t.Errorf("%d hits after the rebuild; want 100", len(hits))
	}
	if _, err := s.StartRebuild(t.Context(), "b"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("StartRebuild of a database that is not there: %v", err)
	}
	if _, err := s.Job(2); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Job that is not there: %v", err)
	}
	if got, err := s.CancelJob(t.Context(), 1); err != nil || got.State != app.JobDone {
		t.Errorf("CancelJob of one that has ended = %+v, %v", got, err)
	}
	for range 150 {
		j, err := s.StartRebuild(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		wait(t, s, j.ID)
	}
	if list := s.Jobs(); len(list) > 101 || list[len(list)-1].ID != 151 {
		t.Errorf("%d jobs are remembered, the last %+v", len(list), list[len(list)-1])
	}
}

// TestCanceledRebuild cancels a rebuild whose graph takes nothing in.
func TestCanceledRebuild(t *testing.T) {
	engine := stuckEngine{free: make(chan struct{})}
	s := configured(t, app.Config{Engines: []ports.Engine{engine}, Flat: flat.Engine{}, FlatMax: func(int) int { return 20 }})
	insert(t, s, "a", chunk("x", 1, 1)) // below the size of a graph
	for i := range 30 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	j, err := s.StartRebuild(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartRebuild(t.Context(), "a"); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("a second rebuild: %v; want ErrBusy", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.WaitJob(ctx, j.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitJob with an ended context: %v", err)
	}
	ended := make(chan app.Job, 1)
	go func() {
		got, err := s.CancelJob(t.Context(), j.ID)
		if err != nil {
			t.Errorf("CancelJob: %v", err)
		}
		ended <- got
	}()
	waitFor(t, "the search beside it", func() bool { return len(search(t, s, "a", 50, 1, 0)) == 31 })
	close(engine.free)
	if got := <-ended; got.State != app.JobCanceled || got.Ended.IsZero() {
		t.Errorf("the canceled job is %+v", got)
	}
	if hits := search(t, s, "a", 50, 1, 0); len(hits) != 31 {
		t.Errorf("%d hits; want 31", len(hits))
	}
	insert(t, s, "a", chunk("y", 2, 1))
	plan(t, s, "a", domain.PlanGraph)
}
