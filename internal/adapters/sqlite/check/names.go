package check

import (
	"database/sql/driver"

	"github.com/memista/memista/internal/domain"
)

// names compares what databases are called by other surfaces with the databases.
func (v *inspector) names() error {
	for _, check := range []func() error{v.strayCollections, v.strayNames, v.missingNames} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// strayCollections looks for rows of databases that are not there.
func (v *inspector) strayCollections() error {
	return v.c.Query("SELECT number, name FROM collections WHERE number NOT IN (SELECT number FROM databases)", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		v.found(domain.Orphan, "", 0, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount("DELETE FROM collections WHERE number = ? AND number NOT IN (SELECT number FROM databases)", number)
			return did("removed", n, err)
		}, "the collection '%v' is of database number %d, which is not there", row[1], number)
		return nil
	})
}

// strayName is the condition for entries in names, with their columns, that lead to no
// database, or to a collection that does not have them.
const strayName = `kind IN (1, 2, 3) AND number NOT IN (SELECT number FROM databases)
	OR kind = 1 AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.number = names.number
		AND c.tenant = names.tenant AND c.database = names.database AND c.name = names.name)
	OR kind = 3 AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.number = names.number
		AND lower(hex(c.uuid)) = replace(names.name, '-', ''))`

// strayNames looks for names, aliases and UUIDs that lead nowhere.
func (v *inspector) strayNames() error {
	kinds := map[int64]string{1: "name", 2: "alias", 3: "UUID"}
	return v.c.Query("SELECT kind, tenant, database, name, number FROM names WHERE "+strayName, func(row []driver.Value) error {
		kind, _ := row[0].(int64)
		key := []any{kind, row[1], row[2], row[3]}
		v.found(domain.BadName, "", 0, func(t *Repair) (string, error) {
			n, err := t.Conn.ExecCount("DELETE FROM names WHERE kind = ? AND tenant = ? AND database = ? AND name = ? AND ("+strayName+")", key...)
			return did("removed", n, err)
		}, "the %s '%v' leads to database number %v, which does not have it", kinds[kind], row[3], row[4])
		return nil
	})
}

// missingNames looks for collections to which their name or UUID does not lead. It is
// entered, unless it leads to another one.
func (v *inspector) missingNames() error {
	for _, e := range []struct{ what, key string }{
		{"name", "1, c.tenant, c.database, c.name"},
		{"UUID", `3, '', '', lower(substr(hex(c.uuid), 1, 8) || '-' || substr(hex(c.uuid), 9, 4) || '-' ||
			substr(hex(c.uuid), 13, 4) || '-' || substr(hex(c.uuid), 17, 4) || '-' || substr(hex(c.uuid), 21))`},
	} {
		err := v.c.Query("SELECT d.id, c.number, c.name FROM collections c CROSS JOIN databases d ON d.number = c.number WHERE ("+e.key+
			", c.number) NOT IN (SELECT kind, tenant, database, name, number FROM names)", func(row []driver.Value) error {
			id, _ := row[0].(string)
			number, _ := row[1].(int64)
			v.found(domain.BadName, id, 0, func(t *Repair) (string, error) {
				n, err := t.Conn.ExecCount("INSERT OR IGNORE INTO names (kind, tenant, database, name, number) SELECT "+e.key+", c.number FROM collections c WHERE c.number = ?", number)
				if err != nil || n == 0 {
					return "", err
				}
				return "entered", nil
			}, "the %s of its collection '%v' does not lead to it", e.what, row[2])
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
