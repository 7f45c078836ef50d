package sqlite

import "time"

// maxPatience bounds how long a group waits for the callers of late; otherwise that is
// what the last commit took. DESIGN.md has the figures.
const maxPatience = 2 * time.Millisecond

// crowd knows how many callers write at the same time. The ones that were just told of
// their commit come again a little later than the next group begins, so that without a
// moment's patience many groups would be small, each with its fsync. A lone caller is
// never waited for: there is nobody else.
type crowd struct {
	callers int           // at the end of the last commit: those in it, and those who waited behind it
	took    time.Duration // by the last commit; 0 where none waits for the disk
	spent   bool          // the patience with the group under way is
	waiting bool          // the timer runs for the group under way
	timer   *time.Timer
}

func newCrowd() crowd {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return crowd{timer: t}
}

// count notes how many callers there were at the end of a commit. Some were on their way
// just then and not seen, so what was seen before is forgotten little by little.
func (c *crowd) count(callers int) { c.callers = max(callers, c.callers*7/8) }

// begin starts a group with new patience.
func (c *crowd) begin() {
	c.spent, c.waiting = false, false
	c.timer.Stop()
}

// next waits for one more request for a group of n, or returns nil if all callers of
// late are in it or the patience has come to its end.
func (c *crowd) next(queue <-chan *request, n int) *request {
	patience := min(c.took, maxPatience)
	if n == 0 || n >= c.callers || c.spent || patience <= 0 {
		return nil
	}
	if !c.waiting {
		c.waiting = true
		c.timer.Reset(patience)
	}
	select {
	case r := <-queue:
		return r
	case <-c.timer.C:
		c.waiting, c.spent = false, true
	}
	select { // what has come at the last moment
	case r := <-queue:
		return r
	default:
		return nil
	}
}
