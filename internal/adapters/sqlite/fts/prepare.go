package fts

import (
	"context"
	"sync"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// preparations are the text indexes that are being made to take the place of others, by
// the number of their database.
type preparations struct {
	mu       sync.Mutex // guards all below
	byNumber map[int64]*Preparation
}

// Preparation is a text index that is being made. It lives as long as a caller waits for
// it or is to use it.
type Preparation struct {
	slot    int64
	indexed int64
	ended   bool          // its database was dropped, or another has taken its place
	moved   chan struct{} // closed and replaced whenever the above changes
}

// Prepare notes, in a transaction, that a text index of db is to be made, and returns its
// slot. Prepared follows the commit.
func (x *Indexes) Prepare(c *conn.Conn, db domain.Database, a *analysis.Analyzer) (slot int64, err error) {
	if err := schema.Alive(c, db); err != nil {
		return 0, err
	}
	if err := retire(c, db.Number, next); err != nil {
		return 0, err
	}
	if slot, err = freeSlot(c, db.Number); err != nil {
		return 0, err
	}
	return slot, c.Exec("INSERT INTO text_indexes ("+indexColumns+") VALUES (?, ?, ?, ?, ?)", db.Number, slot, a.Name(), next, empty)
}

// Prepared has the index made; Wait waits for it.
func (x *Indexes) Prepared(db domain.Database, slot int64) *Preparation {
	x.Build.Want()
	return x.preparing.begin(db.Number, slot)
}

// Forget gives up, in a transaction, the index that is being made for a database.
func Forget(c *conn.Conn, number int64) error { return retire(c, number, next) }

// Wait waits until an index of db has every text. It tells report, if not nil, up to which
// chunk they are in it.
func (x *Indexes) Wait(ctx context.Context, db domain.Database, p *Preparation, report func(upTo int64)) error {
	for {
		indexed, ended, moved := x.preparing.state(p)
		switch {
		case ended:
			return domain.DatabaseNotFound(db.ID)
		case indexed == whole:
			return nil
		case report != nil && indexed > 0:
			report(indexed)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// freeSlot returns a slot in which a database has no text index.
func freeSlot(c *conn.Conn, number int64) (int64, error) {
	for slot := int64(0); ; slot++ {
		_, taken, err := c.Integer("SELECT 1 FROM text_indexes WHERE number = ? AND slot = ?", number, slot)
		if err != nil || !taken {
			return slot, err
		}
	}
}

// has reports whether one is being made for a database.
func (p *preparations) has(number int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byNumber[number] != nil
}

// begin registers one, and ends an earlier one for the database.
func (p *preparations) begin(number, slot int64) *Preparation {
	p.end(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byNumber == nil {
		p.byNumber = map[int64]*Preparation{}
	}
	made := &Preparation{slot: slot, indexed: empty, moved: make(chan struct{})}
	p.byNumber[number] = made
	return made
}

// report notes how far an index is.
func (p *preparations) report(ix *Index) {
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

// state returns how far one is, and a channel that is closed when that has changed.
func (p *preparations) state(m *Preparation) (indexed int64, ended bool, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return m.indexed, m.ended, m.moved
}

// move wakes those who wait; preparations.mu is held.
func (m *Preparation) move() {
	close(m.moved)
	m.moved = make(chan struct{})
}
