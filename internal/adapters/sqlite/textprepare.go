package sqlite

import (
	"context"
	"sync"

	"github.com/memista/memista/internal/adapters/sqlite/fulltext"
	"github.com/memista/memista/internal/domain"
)

// preparations are the text indexes that are being made to take the place of others, by
// the number of their database.
type preparations struct {
	mu       sync.Mutex // guards all below
	byNumber map[int64]*preparation
}

// preparation is one of them. It lives as long as somebody waits for it or is to use it.
type preparation struct {
	slot    int64
	indexed int64
	ended   bool          // its database was dropped, or another has taken its place
	moved   chan struct{} // closed and replaced whenever the above changes
}

// has reports whether one is being made for a database.
func (p *preparations) has(number int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byNumber[number] != nil
}

// begin registers one, and ends an earlier one for the database.
func (p *preparations) begin(number, slot int64) *preparation {
	p.end(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byNumber == nil {
		p.byNumber = map[int64]*preparation{}
	}
	made := &preparation{slot: slot, indexed: textEmpty, moved: make(chan struct{})}
	p.byNumber[number] = made
	return made
}

// report notes how far an index is.
func (p *preparations) report(ix *textIndex) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made := p.byNumber[ix.number]; made != nil && made.slot == ix.slot {
		made.indexed = ix.indexed
		made.move()
	}
}

// end forgets the one for a database.
func (p *preparations) end(number int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made := p.byNumber[number]; made != nil {
		made.ended = true
		made.move()
		delete(p.byNumber, number)
	}
}

// move tells those who wait; preparations.mu is held.
func (m *preparation) move() {
	close(m.moved)
	m.moved = make(chan struct{})
}

// state returns how far m is, and a channel that is closed when that has changed.
func (p *preparations) state(m *preparation) (indexed int64, ended bool, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return m.indexed, m.ended, m.moved
}

// PrepareText implements ports.Alterer. The keeper makes the index; batches keep what is in
// it in step.
func (s *Store) PrepareText(ctx context.Context, db domain.Database, t domain.Tokenizer, told func(upTo int64)) error {
	if err := s.FullText(); err != nil {
		return err
	}
	a, err := fulltext.Of(t)
	if err != nil {
		return err
	}
	var made *preparation
	r := &request{database: db.ID}
	slot := int64(0)
	r.run = func(c *conn) (err error) {
		if err := alive(c, db); err != nil {
			return err
		}
		if err := retireText(c, db.Number, textNext); err != nil {
			return err
		}
		if slot, err = freeSlot(c, db.Number); err != nil {
			return err
		}
		return c.exec("INSERT INTO text_indexes ("+textColumns+") VALUES (?, ?, ?, ?, ?)", db.Number, slot, a.Name(), textNext, textEmpty)
	}
	r.after = func() {
		made = s.preparing.begin(db.Number, slot)
		s.writer.keeper.texts = true
	}
	if err := s.do(ctx, r); err != nil {
		return err
	}
	for {
		indexed, ended, moved := s.preparing.state(made)
		switch {
		case ended:
			return domain.DatabaseNotFound(db.ID)
		case indexed == textWhole:
			return nil
		case told != nil && indexed > 0:
			told(indexed)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ForgetText implements ports.Alterer.
func (s *Store) ForgetText(ctx context.Context, db domain.Database) error {
	r := &request{database: db.ID, run: func(c *conn) error { return retireText(c, db.Number, textNext) }}
	r.after = func() {
		s.preparing.end(db.Number)
		s.writer.keeper.texts = true
	}
	return s.do(ctx, r)
}

// retireText gives up the text indexes of a database that have the purpose.
func retireText(c *conn, number, purpose int64) error {
	return c.exec("UPDATE text_indexes SET purpose = ?, indexed = min(indexed, ?) WHERE number = ? AND purpose = ?", textRetired, textStale, number, purpose)
}

// freeSlot returns a slot in which a database has no text index.
func freeSlot(c *conn, number int64) (int64, error) {
	for slot := int64(0); ; slot++ {
		_, taken, err := c.integer("SELECT 1 FROM text_indexes WHERE number = ? AND slot = ?", number, slot)
		if err != nil || !taken {
			return slot, err
		}
	}
}

// switchText has the text index that was prepared for t searched from now on, or with ""
// none.
func switchText(c *conn, db domain.Database, t domain.Tokenizer) error {
	if t == "" {
		return retireText(c, db.Number, textSearched)
	}
	a, err := fulltext.Of(t)
	if err != nil {
		return err
	}
	slot, found, err := c.integer("SELECT slot FROM text_indexes WHERE number = ? AND purpose = ? AND analyzer = ? AND indexed = ?",
		db.Number, textNext, a.Name(), textWhole)
	if err == nil && !found {
		err = domain.TextsNotReady(db.ID)
	}
	if err == nil {
		err = retireText(c, db.Number, textSearched)
	}
	if err != nil {
		return err
	}
	return c.exec("UPDATE text_indexes SET purpose = ? WHERE number = ? AND slot = ?", textSearched, db.Number, slot)
}
