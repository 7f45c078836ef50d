package app_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

func startImport(t *testing.T, s *app.Service, p app.ImportProgress) app.Job {
	t.Helper()
	j, err := s.StartImport("new", p)
	if err != nil || j.Kind != app.KindImport || j.Database != "new" || j.State != app.JobRunning {
		t.Fatalf("StartImport = %+v, %v", j, err)
	}
	return j
}

func report(t *testing.T, s *app.Service, id int64, p app.ImportProgress) app.Job {
	t.Helper()
	j, err := s.ReportImport(id, p)
	if err != nil {
		t.Fatalf("ReportImport(%d, %+v): %v", id, p, err)
	}
	return j
}

func TestImportIsAJob(t *testing.T) {
	s := open(t)
	j := startImport(t, s, app.ImportProgress{Done: 100, Total: 1000})
	if j.Percent() != 10 || j.Rate != 0 {
		t.Errorf("one that goes on after row 100 begins as %+v; want 10 %%, and no rate of its own yet", j)
	}
	if j = report(t, s, j.ID, app.ImportProgress{Done: 250, Total: 1000}); j.Percent() != 25 || j.Rate <= 0 || j.Canceling {
		t.Errorf("after row 250 it is %+v", j)
	}
	if second := startImport(t, s, app.ImportProgress{}); second.ID != 2 || second.Percent() != 0 {
		t.Errorf("a second import beside it: %+v", second)
	}
	if j = report(t, s, 1, app.ImportProgress{Done: 1000, Total: 900, State: app.JobDone}); j.State != app.JobDone || j.Done != 1000 || j.Percent() != 100 || j.Ended.IsZero() {
		t.Errorf("it has ended as %+v", j)
	}
	if j = report(t, s, 1, app.ImportProgress{Done: 1, Total: 1, State: app.JobFailed}); j.State != app.JobDone || j.Done != 1000 {
		t.Errorf("a report of one that has ended made it %+v", j)
	}
	if j = report(t, s, 2, app.ImportProgress{Done: 7, State: app.JobFailed, Error: "row 8: bad"}); j.State != app.JobFailed || j.Error != "row 8: bad" || j.Done != 7 {
		t.Errorf("one that failed is %+v", j)
	}
}

func TestACanceledImport(t *testing.T) {
	s := open(t)
	startImport(t, s, app.ImportProgress{})
	ended := make(chan app.Job, 1)
	go func() {
		j, err := s.CancelJob(t.Context(), 1)
		if err != nil {
			t.Errorf("CancelJob: %v", err)
		}
		ended <- j
	}()
	waitFor(t, "the caller to be told", func() bool { return report(t, s, 1, app.ImportProgress{Done: 20, Total: 50}).Canceling })
	select {
	case j := <-ended:
		t.Errorf("CancelJob has returned %+v before the caller stopped", j)
	default:
	}
	report(t, s, 1, app.ImportProgress{Done: 30, Total: 50, State: app.JobCanceled})
	if j := <-ended; j.State != app.JobCanceled || j.Done != 30 || j.Canceling {
		t.Errorf("the canceled import is %+v", j)
	}
}

// TestASilentImport is about callers that were killed.
func TestASilentImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, openStore(t, ""), 1<<30)
		startImport(t, s, app.ImportProgress{Done: 3})
		if j := wait(t, s, 1); j.State != app.JobFailed || j.Done != 3 || !strings.Contains(j.Error, "nothing was heard") || j.Ended.Sub(j.Started) != app.ImportSilence {
			t.Errorf("a silent import has ended as %+v; want it failed after %v", j, app.ImportSilence)
		}
		startImport(t, s, app.ImportProgress{})
		if j, err := s.CancelJob(t.Context(), 2); err != nil || j.State != app.JobCanceled {
			t.Errorf("CancelJob of a silent import = %+v, %v", j, err)
		}
		// Whoever says something is not silent, however long it takes.
		startImport(t, s, app.ImportProgress{})
		for range 100 {
			time.Sleep(app.ImportSilence - time.Second)
			if j := report(t, s, 3, app.ImportProgress{}); j.State != app.JobRunning {
				t.Fatalf("an import that reports all the time has ended as %+v", j)
			}
		}
	})
}

func TestBadImports(t *testing.T) {
	s := open(t)
	for _, p := range []app.ImportProgress{{Done: -1}, {Total: -1}, {State: "stopped"}} {
		if _, err := s.StartImport("a", p); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("StartImport(%+v): %v; want ErrInvalid", p, err)
		}
	}
	if _, err := s.StartImport("../a", app.ImportProgress{}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("StartImport with a bad id: %v; want ErrInvalid", err)
	}
	if _, err := s.ReportImport(1, app.ImportProgress{}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("a report of no job: %v; want ErrNotFound", err)
	}
	insert(t, s, "a", chunk("x", 1))
	j, err := s.StartRebuild(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReportImport(j.ID, app.ImportProgress{State: app.JobDone}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("a report of a rebuild: %v; want ErrInvalid", err)
	}
	for range 100 {
		startImport(t, s, app.ImportProgress{})
	}
	if _, err := s.StartImport("a", app.ImportProgress{}); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("import 101 at a time: %v; want ErrBusy", err)
	}
}
