package sqlite

import "context"

// read calls fn with a read-only connection.
func (s *Store) read(ctx context.Context, fn func(*conn) error) error {
	return s.readAt(ctx, "", fn)
}

// readOf is read for a statement about one database, which is known to be damaged from
// then on if the statement finds it so. It sees all that was acknowledged about that
// database, and maybe an earlier state of others.
func (s *Store) readOf(ctx context.Context, id string, fn func(*conn) error) error {
	return s.observed(id, s.readAt(ctx, id, fn))
}

// readAt calls fn with a reader that sees all that was acknowledged about a database, or
// with "" about all.
func (s *Store) readAt(ctx context.Context, database string, fn func(*conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := s.reader(ctx, database)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	return classify(s.lookAt(c, database, fn))
}

// reader waits for a reader, and takes one that need not read the schema again first, if
// such a one is free.
func (s *Store) reader(ctx context.Context, database string) (*conn, error) {
	var c *conn
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for i := 1; i < s.options.Readers && !s.ready(c, database); i++ {
		select {
		case other := <-s.readers:
			s.readers <- c
			c = other
		default:
			return c, nil
		}
	}
	return c, nil
}

// ready reports whether c can read database without reading the schema again.
func (s *Store) ready(c *conn, database string) bool {
	if c.staying {
		return s.moments.shows(c, database)
	}
	return s.moments.current(c)
}

// lookAt calls fn with a reader that sees database, or with "" everything, as it is now.
func (s *Store) lookAt(c *conn, database string, fn func(*conn) error) error {
	switch {
	case s.gate != nil: // there is no moment but this one
		c.moment = s.moments.now()
		return s.using(c, fn)
	case c.staying && s.moments.shows(c, database):
	case c.staying || !s.moments.current(c):
		if err := s.arrive(c); err != nil {
			return err
		}
	default:
		c.moment = s.moments.now()
	}
	err := fn(c)
	if _, failed := resultCode(err); c.staying && (failed || !s.moments.worthStaying(c)) {
		s.depart(c)
	}
	return err
}

// arrive brings c to the moment that is now, to stay there.
func (s *Store) arrive(c *conn) error {
	s.depart(c)
	c.moment, c.staying = s.moments.stay(), true
	err := c.exec("BEGIN")
	if err != nil {
		s.depart(c)
	}
	return err
}

// depart ends the transaction of c, if it is in one.
func (s *Store) depart(c *conn) {
	if !c.staying {
		return
	}
	c.staying = false
	s.moments.leave()
	if c.exec("COMMIT") != nil { // there is nothing to lose in it
		_ = c.script("ROLLBACK") // fails if SQLite has done it already
	}
}

// readSchema has c read the schema, if it has changed.
func (s *Store) readSchema(c *conn) error {
	return c.query("SELECT 1 FROM databases LIMIT 1", nil)
}

// eachFree calls fn with the readers that nobody uses, one at a time.
func (s *Store) eachFree(fn func(*conn)) {
	for range s.options.Readers {
		select {
		case c := <-s.readers:
			fn(c)
			s.readers <- c
		default:
			return
		}
	}
}

// detain has the readers that are free stay where they are, before tables are made or
// dropped.
func (s *Store) detain() {
	if s.gate != nil {
		return
	}
	s.eachFree(func(c *conn) {
		if c.staying || !s.moments.current(c) || s.arrive(c) != nil {
			return
		}
		if s.readSchema(c) != nil { // whoever reads next meets the fault again
			s.depart(c)
		}
	})
}

// refresh brings the readers that are free to the schema of now, in the background and
// one after the other, so that the next reads need not.
func (s *Store) refresh() {
	if !s.refreshing.CompareAndSwap(false, true) {
		return
	}
	if s.enter() != nil {
		s.refreshing.Store(false)
		return
	}
	go func() {
		defer s.leave()
		defer s.refreshing.Store(false)
		s.eachFree(func(c *conn) {
			if c.staying || !s.moments.current(c) {
				// An error means that the next read has to do it, or meets it again.
				_ = s.lookAt(c, "", s.readSchema)
			}
		})
	}()
}

// release has no reader stay at an earlier moment, so that the write-ahead log, which has
// the pages of that moment, can start over.
func (s *Store) release() {
	s.moments.giveUp()
	s.eachFree(s.depart)
}
