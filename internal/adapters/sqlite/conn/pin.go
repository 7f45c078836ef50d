package conn

// PinFree pins the readers that are free to the current snapshot, before tables are made
// or dropped.
func (p *Pool) PinFree() {
	if p.gate != nil {
		return
	}
	p.eachFree(func(c *Conn) {
		if c.pinned || !p.Snapshots.current(c) || p.pin(c) != nil {
			return
		}
		if readSchema(c) != nil { // the next read meets the fault again
			p.unpin(c)
		}
	})
}

// Refresh brings the readers that are free to the current schema, in the background and
// one after the other, so that the next reads need not.
func (p *Pool) Refresh() {
	if !p.refreshing.CompareAndSwap(false, true) {
		return
	}
	if p.calls.Enter() != nil {
		p.refreshing.Store(false)
		return
	}
	go func() {
		defer p.calls.Leave()
		defer p.refreshing.Store(false)
		p.eachFree(func(c *Conn) {
			if c.pinned || !p.Snapshots.current(c) {
				// An error means that the next read has to do it, or meets it again.
				_ = p.lookAt(c, "", readSchema)
			}
		})
	}()
}

// UnpinAll unpins the readers that are free now and the others after their read, so that
// the write-ahead log, which has the pages of their snapshots, can start over.
func (p *Pool) UnpinAll() {
	p.Snapshots.Expire()
	p.eachFree(p.unpin)
}

// pin brings c to the current snapshot and pins it there.
func (p *Pool) pin(c *Conn) error {
	p.unpin(c)
	c.snapshot, c.pinned = p.Snapshots.pin(), true
	err := c.Exec("BEGIN")
	if err != nil {
		p.unpin(c)
	}
	return err
}

// unpin ends the transaction of c, if it is pinned.
func (p *Pool) unpin(c *Conn) {
	if !c.pinned {
		return
	}
	c.pinned = false
	p.Snapshots.unpin()
	if c.Exec("COMMIT") != nil { // there is nothing to lose in it
		_ = c.Script("ROLLBACK") // fails if SQLite has done it already
	}
}

// readSchema has c read the schema, if it has changed.
func readSchema(c *Conn) error {
	return c.Query("SELECT 1 FROM databases LIMIT 1", nil)
}

// eachFree calls fn with the readers that are free, one at a time.
func (p *Pool) eachFree(fn func(*Conn)) {
	for range p.n {
		select {
		case c := <-p.readers:
			fn(c)
			p.readers <- c
		default:
			return
		}
	}
}
