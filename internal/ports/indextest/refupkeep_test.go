package indextest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/ports"
)

// refUpkeep is the work of a reference on itself: it goes over all vectors once a thousand
// were removed, and changes nothing. It is guarded by the mutex of its index.
type refUpkeep struct {
	began   func(ports.Task) func(error)
	removed int
	busy    sync.WaitGroup
}

func (x *refIndex) OnTask(began func(ports.Task) func(error)) { x.upkeep.began = began }

// tendIfDue begins the work if it is due after n more were removed; x.mu is held.
func (x *refIndex) tendIfDue(n int) {
	u := &x.upkeep
	u.removed += n
	if u.removed < 1000 || u.began == nil {
		return
	}
	if !x.is("begins again at once") {
		u.removed = 0
	}
	total, began := int64(len(x.vectors)), u.began
	u.busy.Go(func() { x.tend(began, total) })
}

func (x *refIndex) tend(began func(ports.Task) func(error), total int64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var done atomic.Int64
	ended := began(ports.Task{
		Progress: func() (int64, int64) { return done.Load(), total },
		Cancel:   cancel,
	})
	for done.Load() < total && ctx.Err() == nil {
		done.Add(1)
	}
	if x.is("counts steps beyond the last") {
		done.Add(1)
	}
	err := ctx.Err()
	if x.is("loses one when cut short") && err != nil {
		x.mu.Lock()
		for id := range x.vectors {
			delete(x.vectors, id)
			break
		}
		x.mu.Unlock()
	}
	switch {
	case x.is("cannot be cut short"):
		err = nil
	case x.is("calls its work a failure"):
		err = errors.New("done")
	}
	ended(err)
}
