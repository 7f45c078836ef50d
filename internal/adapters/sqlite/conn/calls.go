package conn

import (
	"fmt"
	"sync"

	"github.com/memista/memista/internal/domain"
)

// Calls counts the calls in progress of a store that can be closed.
type Calls struct {
	name string // of the store

	mu     sync.RWMutex // guards closed, and wait from growing once it is true
	closed bool
	wait   sync.WaitGroup
}

// NewCalls returns the counter of a store with that name.
func NewCalls(name string) *Calls { return &Calls{name: name} }

// Enter registers a call, which Leave ends, or returns ErrClosed.
func (c *Calls) Enter() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return fmt.Errorf("store %s: %w", c.name, domain.ErrClosed)
	}
	c.wait.Add(1)
	return nil
}

// Leave ends a call.
func (c *Calls) Leave() { c.wait.Done() }

// Close lets no further call in and waits for those in progress.
func (c *Calls) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wait.Wait()
}
