package maintenance_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
)

// countdown is a task that takes n steps and notes each under its name.
func countdown(name string, n int, log *[]string) *maintenance.Task {
	return &maintenance.Task{Step: func(*maintenance.Work) (bool, error) {
		*log = append(*log, name)
		n--
		return n > 0, nil
	}}
}

func TestTasksRunInOrderUntilNothingIsLeft(t *testing.T) {
	var log []string
	tasks := maintenance.Tasks{countdown("a", 2, &log), countdown("b", 1, &log), countdown("c", 1, &log)}
	if next := tasks.Next(); next != nil {
		t.Fatalf("Next() before any is wanted = %v; want nil", next)
	}
	tasks[2].Want()
	tasks[0].Want()
	for next := tasks.Next(); next != nil; next = tasks.Next() {
		if err := next.Run(nil); err != nil {
			t.Fatalf("Run() = %v; want nil", err)
		}
	}
	if want := []string{"a", "a", "c"}; !slices.Equal(log, want) {
		t.Errorf("steps %v; want %v", log, want)
	}
}

func TestATaskStaysWantedAfterAnError(t *testing.T) {
	failed := errors.New("no")
	task := &maintenance.Task{Step: func(*maintenance.Work) (bool, error) { return false, failed }}
	task.Want()
	if err := task.Run(nil); !errors.Is(err, failed) {
		t.Errorf("Run() = %v; want %v", err, failed)
	}
	if !task.Wanted() {
		t.Error("Wanted() after an error = false; want true")
	}
	maintenance.Tasks{task}.Cancel()
	if task.Wanted() {
		t.Error("Wanted() after Cancel = true; want false")
	}
}

func TestPaceFollowsTheTimeOfSteps(t *testing.T) {
	p := maintenance.Pace{N: 256, Min: 100, Max: 600}
	for _, step := range []struct {
		took time.Duration
		want int64
	}{
		{time.Millisecond, 512}, {5 * time.Millisecond, 512}, {time.Millisecond, 600},
		{20 * time.Millisecond, 300}, {20 * time.Millisecond, 150}, {20 * time.Millisecond, 100},
	} {
		if p.Took(step.took); p.N != step.want {
			t.Errorf("after a step of %v: %d rows; want %d", step.took, p.N, step.want)
		}
	}
}
