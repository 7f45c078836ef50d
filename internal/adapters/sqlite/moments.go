package sqlite

import (
	"sync"
	"time"
)

// A reader reads the whole schema again with its first statement after a table was made
// or dropped, at some 9 µs for each database there is. Where thousands are being made
// every read would pay for that. So a reader may stay at the moment that it has read the
// schema of, in a transaction that it keeps open, and read there what has not changed
// since: databases other than the ones that are being written.
//
// moments knows what changed when. Commits are counted, and the number of commits that a
// reader surely sees is its moment.
type moments struct {
	mu       sync.Mutex        // guards all below
	commits  uint64            // so far
	schema   uint64            // commits after the last that made or dropped tables
	schemaAt time.Time         // when that was
	all      uint64            // commits after the last that may have changed any database
	changed  map[string]uint64 // commits after the last that changed a database, kept while readers stay
	staying  int               // readers that do

	committing map[string]bool // what the transaction that is being committed changes; "" is all
}

// begin notes what a transaction is about to change: from its COMMIT on other readers
// see it, some time before it is counted, and nobody is to go back to before it.
func (m *moments) begin(group []*request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.committing == nil {
		m.committing = map[string]bool{}
	}
	for _, r := range group {
		if r.err == nil {
			m.committing[r.database] = true
		}
	}
}

// end forgets what begin has noted, once it is counted or has not come to pass.
func (m *moments) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.committing)
}

// committed counts a transaction. It is called after the COMMIT and before any caller is
// told of it.
func (m *moments) committed(group []*request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	for _, r := range group {
		switch {
		case r.err != nil:
			continue
		case r.database == "":
			m.all = m.commits
		case m.staying > 0:
			if m.changed == nil {
				m.changed = map[string]uint64{}
			}
			m.changed[r.database] = m.commits
		}
		if r.schema {
			m.schema, m.schemaAt = m.commits, time.Now()
		}
	}
}

// reshaped counts a transaction that dropped tables of which no database is made up any
// more.
func (m *moments) reshaped() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.schema, m.schemaAt = m.commits, time.Now()
}

// giveUp has no reader stay at its moment any longer than the read that it is used for.
func (m *moments) giveUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.all = m.commits
}

// now returns the moment of a reader that begins to read.
func (m *moments) now() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commits
}

// stay returns the moment of a reader that begins a transaction. What changes from then
// on is remembered until it leaves.
func (m *moments) stay() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.staying++
	return m.commits
}

func (m *moments) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.staying--; m.staying == 0 {
		clear(m.changed)
	}
}

// shows reports whether database is at the moment of c as it is now; "" stands for all
// databases.
func (m *moments) shows(c *conn, database string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.committing[""] || m.committing[database] {
		return false
	}
	return database != "" && c.moment >= m.all && c.moment >= m.changed[database]
}

// settled reports whether no table was made or dropped of late.
func (m *moments) settled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.schemaAt) >= settleAfter
}

// current reports whether the schema is still the one at the moment of c.
func (m *moments) current(c *conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return c.moment >= m.schema
}

// worthStaying reports whether c would have to read the schema again if it left its
// moment, and may stay.
func (m *moments) worthStaying(c *conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return c.moment < m.schema && c.moment >= m.all
}
