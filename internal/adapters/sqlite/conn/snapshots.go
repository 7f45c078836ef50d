package conn

import (
	"sync"
	"time"
)

// settleAfter is how long after the last of many tables was made pinned readers are
// refreshed while others are writing.
const settleAfter = time.Second

// Snapshots knows which commit changed what, so that readers can stay pinned to an earlier
// snapshot and still see all that was acknowledged.
//
// A reader reads the whole schema again with its first statement after a table was made
// or dropped, at some 9 µs for each database. Where thousands are being made every read
// would pay for that. So a reader may stay pinned to the snapshot whose schema it has read,
// in a transaction that stays open, and read there what has not changed since: databases
// other than the ones that are being written.
//
// Commits are counted. The snapshot of a reader is the number of commits that it surely
// sees.
type Snapshots struct {
	mu       sync.Mutex        // guards all below
	commits  uint64            // so far
	schema   uint64            // commits after the last that made or dropped tables
	schemaAt time.Time         // when that was
	all      uint64            // commits after the last that may have changed any database
	changed  map[string]uint64 // commits after the last that changed a database, kept while readers are pinned
	pinned   int               // readers that are

	committing map[string]bool // what the transaction that is being committed changes; "" is all
}

// Change is what one request of a transaction changes.
type Change struct {
	Database string // the only one; "": any
	Schema   bool   // it makes or drops tables
}

// Begin notes what a transaction is about to change. From its COMMIT on other readers see
// it, before Committed counts it, and no one may read an earlier snapshot of it.
func (m *Snapshots) Begin(changes []Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.committing == nil {
		m.committing = map[string]bool{}
	}
	for _, c := range changes {
		m.committing[c.Database] = true
	}
}

// End forgets what Begin has noted, after the commit is counted or has failed.
func (m *Snapshots) End() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.committing)
}

// Committed counts a transaction. It is called after the COMMIT and before any caller is
// notified of it.
func (m *Snapshots) Committed(changes []Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	for _, c := range changes {
		switch {
		case c.Database == "":
			m.all = m.commits
		case m.pinned > 0:
			if m.changed == nil {
				m.changed = map[string]uint64{}
			}
			m.changed[c.Database] = m.commits
		}
		if c.Schema {
			m.schema, m.schemaAt = m.commits, time.Now()
		}
	}
}

// SchemaChanged counts a transaction that dropped tables that no database uses any more.
func (m *Snapshots) SchemaChanged() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.schema, m.schemaAt = m.commits, time.Now()
}

// Expire has no reader stay pinned longer than the read that it is used for.
func (m *Snapshots) Expire() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.all = m.commits
}

// Settled reports whether no table was made or dropped recently.
func (m *Snapshots) Settled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.schemaAt) >= settleAfter
}

// now returns the snapshot of a reader that begins to read.
func (m *Snapshots) now() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commits
}

// pin returns the snapshot of a reader that begins a transaction. What changes from then
// on is remembered until it is unpinned.
func (m *Snapshots) pin() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pinned++
	return m.commits
}

func (m *Snapshots) unpin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pinned--; m.pinned == 0 {
		clear(m.changed)
	}
}

// shows reports whether database has not changed since the snapshot of c; "" stands for
// all databases.
func (m *Snapshots) shows(c *Conn, database string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.committing[""] || m.committing[database] {
		return false
	}
	return database != "" && c.snapshot >= m.all && c.snapshot >= m.changed[database]
}

// current reports whether the schema has not changed since the snapshot of c.
func (m *Snapshots) current(c *Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return c.snapshot >= m.schema
}

// worthPinning reports whether c would have to read the schema again if it was unpinned,
// and may stay.
func (m *Snapshots) worthPinning(c *Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return c.snapshot < m.schema && c.snapshot >= m.all
}
