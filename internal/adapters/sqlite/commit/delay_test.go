package commit

import (
	"testing"
	"time"
)

// afterCommit returns the delay of a group, after a commit of so many callers that took a
// while, and its queue.
func afterCommit(callers int, took time.Duration) (*delay, chan *Request) {
	d := newDelay()
	d.count(callers)
	d.took = took
	d.begin()
	return &d, make(chan *Request, 8)
}

func TestDelay(t *testing.T) {
	const long = time.Hour // of which the delay is bounded
	t.Run("a lone caller is not waited for", func(t *testing.T) {
		d, queue := afterCommit(1, long)
		queue <- &Request{} // would be taken if the queue was looked at
		if d.next(queue, 1) != nil {
			t.Error("next(1) of 1 caller is a request; want nil, at once")
		}
	})
	t.Run("no one is waited for where commits do not wait for the disk", func(t *testing.T) {
		d, queue := afterCommit(4, 0)
		queue <- &Request{}
		if d.next(queue, 1) != nil {
			t.Error("next(1) after commits that took 0 is a request; want nil, at once")
		}
	})
	t.Run("recent callers are waited for until the delay is over", func(t *testing.T) {
		d, queue := afterCommit(3, long)
		queue <- &Request{}
		if d.next(queue, 1) == nil {
			t.Error("next(1) with a request queued = nil; want it")
		}
		if d.next(queue, 2) != nil { // ends with the delay
			t.Error("next(2) without a request queued is a request; want nil")
		}
		queue <- &Request{}
		if d.next(queue, 2) != nil {
			t.Error("next(2) after the delay is a request; want nil")
		}
	})
	t.Run("a group of all callers goes at once", func(t *testing.T) {
		d, queue := afterCommit(3, long)
		queue <- &Request{}
		if d.next(queue, 3) != nil {
			t.Error("next(3) of 3 callers is a request; want nil")
		}
	})
	t.Run("the end of the queue ends the group", func(t *testing.T) {
		d, queue := afterCommit(3, long)
		close(queue)
		if d.next(queue, 1) != nil {
			t.Error("next(1) of a closed queue is a request; want nil")
		}
	})
}
