package maintenance

import (
	"slices"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
)

// Task is one kind of work. It is used by the writer's goroutine only.
type Task struct {
	// Step does a small part of the work, a few milliseconds of it, and reports whether
	// more may be left.
	Step func(w *Work) (more bool, err error)

	wanted bool
}

// Want notes that there may be something to do.
func (t *Task) Want() { t.wanted = true }

// Wanted reports whether there may be something to do.
func (t *Task) Wanted() bool { return t.wanted }

// Run takes one step.
func (t *Task) Run(w *Work) error {
	more, err := t.Step(w)
	if err == nil {
		t.wanted = more
	}
	return err
}

// Tasks are tasks in the order in which they are worked on.
type Tasks []*Task

// Next returns the first task with something to do, or nil.
func (l Tasks) Next() *Task {
	if i := slices.IndexFunc(l, (*Task).Wanted); i >= 0 {
		return l[i]
	}
	return nil
}

// Want has every task look for something to do.
func (l Tasks) Want() {
	for _, t := range l {
		t.wanted = true
	}
}

// Cancel has no task do anything until it is wanted again.
func (l Tasks) Cancel() {
	for _, t := range l {
		t.wanted = false
	}
}

// Work is what a step works with.
type Work struct {
	Conn *conn.Conn // that writes

	pool      *conn.Pool
	committed func(schema bool)
	schema    bool // the step makes or drops tables
}

// NewWork returns the Work whose commits are counted by committed, with whether they made
// or dropped tables.
func NewWork(pool *conn.Pool, committed func(schema bool)) *Work {
	return &Work{pool: pool, committed: committed}
}

// ChangesSchema is called before a step makes or drops tables.
func (w *Work) ChangesSchema() {
	w.schema = true
	w.pool.PinFree()
}

// Committed counts a commit.
func (w *Work) Committed() {
	schema := w.schema
	w.schema = false
	w.committed(schema)
}

// Transact runs fn in a transaction and returns how long that took. After an error the
// transaction is still open: the writer rolls it back, and closes the connection if it
// must.
func (w *Work) Transact(fn func() error) (time.Duration, error) {
	begin := time.Now()
	if err := w.Conn.Exec("BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	if err := fn(); err != nil {
		return 0, err
	}
	if err := w.Conn.Exec("COMMIT"); err != nil {
		return 0, err
	}
	w.Committed()
	return time.Since(begin), nil
}
