package registry

import (
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain/collection"
)

// kind is what an entry in the table names is.
type kind int64

// The kinds of entries, as they are stored.
const (
	ofCollection kind = 1 // its name
	ofAlias      kind = 2
	ofUUID       kind = 3 // of a collection
	ofTenant     kind = 4
	ofSpace      kind = 5
)

// entry is a row of the table names, without the number to which it leads.
type entry struct {
	kind
	collection.Name
}

func nameEntry(n collection.Name) entry { return entry{ofCollection, n} }
func aliasEntry(alias string) entry     { return entry{ofAlias, collection.Name{Name: alias}} }
func uuidEntry(u collection.UUID) entry { return entry{ofUUID, collection.Name{Name: u.String()}} }
func spaceEntry(s collection.Space) entry {
	return entry{ofSpace, collection.Name{Space: s}}
}
func tenantEntry(tenant string) entry {
	return entry{ofTenant, collection.Name{Space: collection.Space{Tenant: tenant}}}
}

// namesOf are the entries that lead to a collection with a row, but for its aliases.
func namesOf(c *collection.Collection) []entry {
	return []entry{nameEntry(c.FullName()), uuidEntry(c.UUID)}
}

// number returns where e leads.
func (e entry) number(c *conn.Conn) (number int64, found bool, err error) {
	return c.Integer("SELECT number FROM names WHERE kind = ? AND tenant = ? AND database = ? AND name = ?",
		int64(e.kind), e.Tenant, e.Database, e.Name.Name)
}

// count returns how many entries of a kind there are.
func (k kind) count(c *conn.Conn) (int64, error) {
	n, _, err := c.Integer("SELECT count(*) FROM names WHERE kind = ?", int64(k))
	return n, err
}

// put makes e lead to number, wherever it led before.
func (e entry) put(c *conn.Conn, number int64) error {
	return c.Exec("INSERT OR REPLACE INTO names (kind, tenant, database, name, number) VALUES (?, ?, ?, ?, ?)",
		int64(e.kind), e.Tenant, e.Database, e.Name.Name, number)
}

// add is put, if there is no e yet; it reports whether there was none.
func (e entry) add(c *conn.Conn) (bool, error) {
	n, err := c.ExecCount("INSERT OR IGNORE INTO names (kind, tenant, database, name, number) VALUES (?, ?, ?, ?, 0)",
		int64(e.kind), e.Tenant, e.Database, e.Name.Name)
	return n > 0, err
}

// remove takes e away, if it is there.
func (e entry) remove(c *conn.Conn) error {
	return c.Exec("DELETE FROM names WHERE kind = ? AND tenant = ? AND database = ? AND name = ?",
		int64(e.kind), e.Tenant, e.Database, e.Name.Name)
}
