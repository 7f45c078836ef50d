package keylock_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/memista/memista/internal/app/keylock"
)

func TestOneHolderPerName(t *testing.T) {
	var locks keylock.Locks
	var a, b int // each guarded by the lock of its name
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				for name, n := range map[string]*int{"a": &a, "b": &b} {
					unlock, err := locks.Lock(t.Context(), name)
					if err != nil {
						t.Errorf("Lock(%q): %v", name, err)
						return
					}
					*n++
					unlock()
				}
			}
		})
	}
	all.Wait()
	if a != 4000 || b != 4000 {
		t.Errorf("counted %d and %d; want 4000 each", a, b)
	}
}

func TestNamesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var locks keylock.Locks
		a, err := locks.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		b, ok := locks.TryLock("b")
		if !ok {
			t.Fatal("TryLock(b) failed while a is held")
		}
		b()
		if _, ok := locks.TryLock("a"); ok {
			t.Error("TryLock(a) succeeded while a is held")
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := locks.Lock(ctx, "a")
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("Lock(a) = %v; want it canceled", err)
		}
		a()
		if _, err := locks.Lock(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("Lock with an ended context = %v", err)
		}
		again, ok := locks.TryLock("a")
		if !ok {
			t.Fatal("TryLock(a) failed when nobody held it")
		}
		again()
	})
}
