package sqlite

import "time"

// Crowd is what the writer knows of its callers, with a queue of its own.
type Crowd struct {
	c     crowd
	queue chan *request
}

// NewCrowd returns a crowd of callers after a commit that took a while.
func NewCrowd(callers int, took time.Duration) *Crowd {
	c := &Crowd{c: newCrowd(), queue: make(chan *request, 8)}
	c.c.count(callers)
	c.c.took = took
	c.c.begin()
	return c
}

// Come queues a request.
func (c *Crowd) Come() { c.queue <- &request{} }

// Leave closes the queue.
func (c *Crowd) Leave() { close(c.queue) }

// Next reports whether a group of n gets another request.
func (c *Crowd) Next(n int) bool { return c.c.next(c.queue, n) != nil }
