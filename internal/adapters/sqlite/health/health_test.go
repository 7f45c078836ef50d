package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista/internal/adapters/sqlite/health"
	"github.com/memista/memista/internal/domain"
)

func TestProblems(t *testing.T) {
	var p health.Problems
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	p.Note(domain.ErrCorrupt, "b", at)
	p.Note(domain.ErrDiskFull, "", at.Add(time.Second))
	p.Note(domain.ErrCorrupt, "b", at.Add(time.Minute)) // keeps its time
	want := []domain.Problem{
		{Kind: domain.ErrDiskFull, Since: at.Add(time.Second)},
		{Kind: domain.ErrCorrupt, Database: "b", Since: at},
	}
	if diff := cmp.Diff(want, p.List(), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("List() (-want +got):\n%s", diff)
	}
	if p.Has(domain.ErrCorrupt) {
		t.Error("Has(ErrCorrupt) = true; want false: it is a problem of one database")
	}
	p.Resolve(domain.ErrDiskFull, "")
	if p.Has(domain.ErrDiskFull) {
		t.Error("Has(ErrDiskFull) after Resolve = true; want false")
	}
	if diff := cmp.Diff(want[1:], p.List(), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("List() after Resolve (-want +got):\n%s", diff)
	}
}
