package commit

import "time"

// maxDelay bounds how long a group waits for recent callers; otherwise the bound is what
// the last commit took. DESIGN.md has the figures.
const maxDelay = 2 * time.Millisecond

// delay is the group-commit delay. It knows how many callers write at the same time. Those
// that were just notified of their commit come again a little later than the next group
// begins, so that without a short wait many groups would be small, each with its fsync. A
// lone caller is never waited for.
type delay struct {
	callers int           // at the end of the last commit: those in it, and those who waited behind it
	took    time.Duration // by the last commit; 0 where commits do not wait for the disk
	spent   bool          // the delay of the current group is over
	waiting bool          // the timer runs for the current group
	timer   *time.Timer
}

func newDelay() delay {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return delay{timer: t}
}

// count notes how many callers there were at the end of a commit. Some were on their way
// at that moment and not seen, so earlier counts are forgotten gradually.
func (d *delay) count(callers int) { d.callers = max(callers, d.callers*7/8) }

// begin starts a group.
func (d *delay) begin() {
	d.spent, d.waiting = false, false
	d.timer.Stop()
}

// next waits for one more request for a group of n, or returns nil if all recent callers
// are in it or the delay is over.
func (d *delay) next(queue <-chan *Request, n int) *Request {
	bound := min(d.took, maxDelay)
	if n == 0 || n >= d.callers || d.spent || bound <= 0 {
		return nil
	}
	if !d.waiting {
		d.waiting = true
		d.timer.Reset(bound)
	}
	select {
	case r := <-queue:
		return r
	case <-d.timer.C:
		d.waiting, d.spent = false, true
	}
	select { // what has come just then
	case r := <-queue:
		return r
	default:
		return nil
	}
}
