package fairlock_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/memista/memista/internal/app/fairlock"
)

// turn is one that a taker has, until end is closed.
type turn struct {
	name string
	end  chan struct{}
}

// take takes turns, each with the next of left, and hands each to turns.
func take(ctx context.Context, l *fairlock.Lock, name string, left func() (int, bool), turns chan<- turn) {
	for {
		n, more := left()
		if !more {
			return
		}
		done, err := l.Take(ctx, n)
		if err != nil {
			return
		}
		end := make(chan struct{})
		turns <- turn{name, end}
		<-end
		done()
	}
}

// down counts down from n.
func down(n int) func() (int, bool) {
	return func() (int, bool) {
		n--
		return n, n >= 0
	}
}

func TestTheLeastLeftEverySecondTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l fairlock.Lock
		hold, err := l.Take(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		turns := make(chan turn)
		for _, who := range []struct {
			name string
			left int
		}{{"a", 4}, {"b", 4}, {"c", 2}} {
			go take(t.Context(), &l, who.name, down(who.left), turns)
			synctest.Wait() // until it is in line
		}
		if n := l.Waiting(); n != 3 {
			t.Errorf("Waiting() = %d; want 3", n)
		}
		hold()
		var got []string
		for range 10 {
			now := <-turns
			got = append(got, now.name)
			close(now.end)
			synctest.Wait() // until it is in line again
		}
		if want := []string{"a", "c", "b", "c", "a", "b", "a", "b", "a", "b"}; !slices.Equal(got, want) {
			t.Errorf("the turns were %v; want %v", got, want)
		}
		if n := l.Waiting(); n != 0 {
			t.Errorf("Waiting() = %d at the end; want 0", n)
		}
	})
}

// TestNobodyIsPassedOver has one with much to do among others that have little and never
// come to an end.
func TestNobodyIsPassedOver(t *testing.T) {
	const others = 9
	synctest.Test(t, func(t *testing.T) {
		var l fairlock.Lock
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		turns := make(chan turn)
		always := func(n int) func() (int, bool) { return func() (int, bool) { return n, true } }
		for range others {
			go take(ctx, &l, "small", always(1), turns)
		}
		go take(ctx, &l, "busy", always(1<<20), turns)
		longest, since := 0, 0
		for range 1000 {
			now := <-turns
			if since++; now.name == "busy" {
				longest, since = max(longest, since), 0
			}
			close(now.end)
			synctest.Wait() // until it is in line again
		}
		if longest == 0 || longest > 2*(others+1) || since > 2*(others+1) {
			t.Errorf("the busy one waited for %d turns, and for %d at the end; want %d at most", longest, since, 2*(others+1))
		}
		stop()
		close((<-turns).end) // the last one had its turn before
	})
}

func TestWhoeverGivesUpLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l fairlock.Lock
		done, err := l.Take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := l.Take(ctx, 1)
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) || l.Waiting() != 0 {
			t.Errorf("Take = %v, %d are waiting; want it canceled and none", err, l.Waiting())
		}
		if _, err := l.Take(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("Take with an ended context = %v", err)
		}
		done()
		again, err := l.Take(t.Context(), 1)
		if err != nil {
			t.Fatalf("Take after all have left: %v", err)
		}
		again()
	})
}
