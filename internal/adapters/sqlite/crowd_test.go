package sqlite_test

import (
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
)

func TestCrowd(t *testing.T) {
	const long = time.Hour // of which the patience is bounded
	t.Run("a lone caller is not waited for", func(t *testing.T) {
		c := sqlite.NewCrowd(1, long)
		c.Come() // would be taken if the queue was looked at
		if c.Next(1) {
			t.Error("Next(1) of 1 caller = true; want false, at once")
		}
	})
	t.Run("nor is anybody where commits do not wait for the disk", func(t *testing.T) {
		c := sqlite.NewCrowd(4, 0)
		c.Come()
		if c.Next(1) {
			t.Error("Next(1) after commits that took 0 = true; want false, at once")
		}
	})
	t.Run("the callers of late are waited for, for a moment", func(t *testing.T) {
		c := sqlite.NewCrowd(3, long)
		c.Come()
		if !c.Next(1) {
			t.Error("Next(1) with a request queued = false; want true")
		}
		if c.Next(2) { // nobody comes: ends with the patience
			t.Error("Next(2) without a request = true; want false")
		}
		c.Come()
		if c.Next(2) {
			t.Error("Next(2) after the patience has ended = true; want false")
		}
	})
	t.Run("a group of all callers goes at once", func(t *testing.T) {
		c := sqlite.NewCrowd(3, long)
		c.Come()
		if c.Next(3) {
			t.Error("Next(3) of 3 callers = true; want false")
		}
	})
	t.Run("the end of the queue ends the group", func(t *testing.T) {
		c := sqlite.NewCrowd(3, long)
		c.Leave()
		if c.Next(1) {
			t.Error("Next(1) of a closed queue = true; want false")
		}
	})
}
