package conn

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// textReaders is how many connections search texts. They are opened at first use, and are
// separate from those that read rows: a search for a common word takes milliseconds, and
// no other read should wait for it.
const textReaders = 2

// Pool has the connections that read.
type Pool struct {
	Snapshots *Snapshots

	file    *File
	calls   *Calls
	n       int // readers
	readers chan *Conn
	texts   chan *Conn // nil in it: one that is not open yet

	refreshing atomic.Bool // readers are being brought to the current schema

	// gate keeps readers of a store in memory, which has no write-ahead log, out while a
	// transaction runs. It is nil for a file.
	gate *sync.RWMutex
}

// OpenPool opens n readers of f. A read is one of the calls.
func OpenPool(f *File, calls *Calls, n int) (*Pool, error) {
	p := &Pool{
		Snapshots: &Snapshots{}, file: f, calls: calls, n: n,
		readers: make(chan *Conn, n), texts: make(chan *Conn, textReaders),
	}
	if f.InMemory() {
		p.gate = new(sync.RWMutex)
	}
	p.Snapshots.SchemaChanged() // none of the readers has read the schema yet
	for range n {
		c, err := f.Open(Reading)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.readers <- c
	}
	for range textReaders {
		p.texts <- nil
	}
	return p, nil
}

// Close closes the readers. No call may be in progress.
func (p *Pool) Close() error {
	var errs []error
	for len(p.readers) > 0 {
		errs = append(errs, (<-p.readers).Close())
	}
	for len(p.texts) > 0 {
		if c := <-p.texts; c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// Lock keeps the readers of a store in memory out until Unlock.
func (p *Pool) Lock() {
	if p.gate != nil {
		p.gate.Lock()
	}
}

// Unlock lets the readers in again.
func (p *Pool) Unlock() {
	if p.gate != nil {
		p.gate.Unlock()
	}
}

// Using calls fn with a connection that is not written through.
func (p *Pool) Using(c *Conn, fn func(*Conn) error) error {
	if p.gate != nil {
		p.gate.RLock()
		defer p.gate.RUnlock()
	}
	return fn(c)
}

// Read calls fn with a reader that sees all that was acknowledged about a database, and
// maybe an earlier state of others; with "" it sees all that was acknowledged.
func (p *Pool) Read(ctx context.Context, database string, fn func(*Conn) error) error {
	if err := p.calls.Enter(); err != nil {
		return err
	}
	defer p.calls.Leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := p.reader(ctx, database)
	if err != nil {
		return err
	}
	defer func() { p.readers <- c }()
	return Classify(p.lookAt(c, database, fn))
}

// ReadTexts calls fn with a reader that searches texts.
func (p *Pool) ReadTexts(ctx context.Context, fn func(*Conn) error) error {
	if err := p.calls.Enter(); err != nil {
		return err
	}
	defer p.calls.Leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	var c *Conn
	select {
	case c = <-p.texts:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { p.texts <- c }()
	if c == nil {
		var err error
		if c, err = p.file.Open(Reading); err != nil {
			return Classify(err)
		}
	}
	return Classify(p.Using(c, fn))
}

// Each calls fn with every reader, one after the other, and waits for each to be free.
func (p *Pool) Each(fn func(*Conn) error) error {
	var errs []error
	for range p.n {
		c := <-p.readers // the next one comes first the next time
		errs = append(errs, fn(c))
		p.readers <- c
	}
	return errors.Join(errs...)
}

// reader waits for a reader, and prefers one that need not read the schema again, if such
// a one is free.
func (p *Pool) reader(ctx context.Context, database string) (*Conn, error) {
	var c *Conn
	select {
	case c = <-p.readers:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for i := 1; i < p.n && !p.ready(c, database); i++ {
		select {
		case other := <-p.readers:
			p.readers <- c
			c = other
		default:
			return c, nil
		}
	}
	return c, nil
}

// ready reports whether c can read database without reading the schema again.
func (p *Pool) ready(c *Conn, database string) bool {
	if c.pinned {
		return p.Snapshots.shows(c, database)
	}
	return p.Snapshots.current(c)
}

// lookAt calls fn with a reader that sees database, or with "" everything, as it is now.
func (p *Pool) lookAt(c *Conn, database string, fn func(*Conn) error) error {
	switch {
	case p.gate != nil: // there is no snapshot but the current one
		c.snapshot = p.Snapshots.now()
		return p.Using(c, fn)
	case c.pinned && p.Snapshots.shows(c, database):
	case c.pinned || !p.Snapshots.current(c):
		if err := p.pin(c); err != nil {
			return err
		}
	default:
		c.snapshot = p.Snapshots.now()
	}
	err := fn(c)
	if _, failed := resultCode(err); c.pinned && (failed || !p.Snapshots.worthPinning(c)) {
		p.unpin(c)
	}
	return err
}
