package registry

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// columns are those that scan reads, of the row c of a database d.
const columns = "c.number, c.tenant, c.database, c.name, c.uuid, c.surface, c.keys, c.config, d.id"

// scanned is how many they are.
const scanned = 9

// scan reads a row of columns.
func scan(row []driver.Value) (c collection.Collection, err error) {
	var texts [7]string
	number, ok := row[0].(int64)
	uuid, valid := row[4].([]byte)
	ok = ok && valid && len(uuid) == len(c.UUID)
	for i, at := range []int{1, 2, 3, 5, 6, 7, 8} {
		text, is := row[at].(string)
		texts[i], ok = text, ok && is
	}
	if !ok {
		return c, fmt.Errorf("row of collection %v: %w", row[3], domain.ErrCorrupt)
	}
	c = collection.Collection{
		Space: collection.Space{Tenant: texts[0], Database: texts[1]}, Name: texts[2], ID: texts[6], Number: number,
		Surface: collection.Surface(texts[3]), Keys: collection.Keys(texts[4]), Config: texts[5],
	}
	copy(c.UUID[:], uuid)
	return c, nil
}

// withEntry returns the collection with a row to which e leads.
func withEntry(c *conn.Conn, e entry) (col collection.Collection, found bool, err error) {
	number, found, err := e.number(c)
	if err != nil || !found {
		return col, false, err
	}
	return row(c, "c.number = ?", number)
}

// row returns the collection that a condition on c or d selects, if it has a row.
func row(c *conn.Conn, where string, args ...any) (col collection.Collection, found bool, err error) {
	err = c.Query("SELECT "+columns+" FROM collections c CROSS JOIN databases d ON d.number = c.number WHERE "+where, func(row []driver.Value) (err error) {
		found = true
		col, err = scan(row)
		return err
	}, args...)
	return col, found, err
}

// ofNumber returns the collection of the database with that number.
func ofNumber(c *conn.Conn, number int64) (col collection.Collection, found bool, err error) {
	col, found, err = row(c, "c.number = ?", number)
	if err != nil || found {
		return col, found, err
	}
	db, _, found, err := schema.LookUpBy(c, "SELECT "+schema.DatabaseColumns+" FROM databases WHERE number = ?", number)
	return collection.Of(db), found, err
}

// ofID returns the collection of the database with that id.
func ofID(c *conn.Conn, id string) (col collection.Collection, found bool, err error) {
	db, _, found, err := schema.LookUp(c, id)
	if err != nil || !found || db.ID != id {
		return col, false, err
	}
	return ofNumber(c, db.Number)
}

// named returns the collection with a name of its own.
func named(c *conn.Conn, name collection.Name) (col collection.Collection, found bool, err error) {
	col, found, err = withEntry(c, nameEntry(name))
	if err != nil || found || name.Space != collection.DefaultSpace {
		return col, found, err
	}
	col, found, err = ofID(c, name.Name)
	return col, found && col.Surface == "", err // with a row it has another name
}

// aliased returns the collection with an alias.
func aliased(c *conn.Conn, alias string) (col collection.Collection, found bool, err error) {
	number, found, err := aliasEntry(alias).number(c)
	if err != nil || !found {
		return col, false, err
	}
	col, found, err = ofNumber(c, number)
	col.Alias = alias
	return col, found, err
}

// Named implements ports.CollectionFinder.
func (r *Registry) Named(ctx context.Context, name collection.Name) (collection.Collection, error) {
	col, err := r.find(ctx, name.Name, func(c *conn.Conn) (collection.Collection, bool, error) {
		col, found, err := named(c, name)
		if err == nil && !found && name.Space == collection.DefaultSpace {
			return aliased(c, name.Name)
		}
		return col, found, err
	})
	if errors.Is(err, domain.ErrCorrupt) && name.Space == collection.DefaultSpace {
		// The database with that id has the name, unless it has another.
		if col, err := r.OfDatabase(ctx, name.Name); err == nil && col.FullName() == name {
			return col, nil
		}
	}
	return col, err
}

// WithUUID implements ports.CollectionFinder.
func (r *Registry) WithUUID(ctx context.Context, u collection.UUID) (collection.Collection, error) {
	return r.find(ctx, u.String(), func(c *conn.Conn) (col collection.Collection, found bool, err error) {
		col, found, err = withEntry(c, uuidEntry(u))
		if err != nil || found {
			return col, found, err
		}
		// The UUID of a database without a row begins as its incarnation does.
		err = c.Query("SELECT "+schema.DatabaseColumns+` FROM databases WHERE substr(incarnation, 1, 6) = ?
			AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.number = databases.number)`, func(row []driver.Value) error {
			db, _, err := schema.ScanDatabase(row)
			if err == nil && u.SharesLife(db.Incarnation) {
				col, found = collection.Of(db), true
			}
			return err
		}, u[:6])
		return col, found, err
	})
}

// OfDatabase implements ports.CollectionFinder.
func (r *Registry) OfDatabase(ctx context.Context, id string) (collection.Collection, error) {
	return r.find(ctx, id, func(c *conn.Conn) (collection.Collection, bool, error) { return ofID(c, id) })
}

func (r *Registry) find(ctx context.Context, name string, by func(*conn.Conn) (collection.Collection, bool, error)) (col collection.Collection, err error) {
	err = r.read(ctx, func(c *conn.Conn) error {
		var found bool
		col, found, err = by(c)
		if err == nil && !found {
			err = collection.NotFound(collection.ACollection, name)
		}
		return err
	})
	if err != nil {
		return collection.Collection{}, err
	}
	return col, nil
}

// described reads all of a collection c and its database d, without counting the chunks that
// have expired at ?1; what it is about follows.
var described = "SELECT " + strings.Replace("d."+strings.ReplaceAll(schema.DatabaseColumns, ", ", ", d."), "d.chunks", "d.chunks - coalesce(due, 0)", 1) + ", " + columns + " FROM "

// due counts what has expired.
const due = " LEFT JOIN (SELECT number AS owner, count(*) AS due FROM expiries WHERE expires_at <= ?1 GROUP BY +number) ON owner = d.number"

// InSpace implements ports.CollectionFinder.
func (r *Registry) InSpace(ctx context.Context, s collection.Space, now time.Time) ([]collection.Described, error) {
	sql := described + "names n CROSS JOIN collections c ON c.number = n.number CROSS JOIN databases d ON d.number = n.number" + due + " WHERE n.kind = 1 AND n.tenant = ?2 AND n.database = ?3 ORDER BY d.number"
	if s == collection.DefaultSpace {
		sql = described + "databases d LEFT JOIN collections c ON c.number = d.number" + due + " WHERE c.number IS NULL OR (c.tenant = ?2 AND c.database = ?3) ORDER BY d.number"
	}
	list := []collection.Described{}
	err := r.read(ctx, func(c *conn.Conn) error {
		return c.Query(sql, func(row []driver.Value) error {
			db, _, err := schema.ScanDatabase(row)
			if err != nil {
				return err
			}
			of := row[len(row)-scanned:]
			col := collection.Of(db)
			if of[0] != nil {
				if col, err = scan(of); err != nil { // the others are listed
					r.databases.Damaged(db.ID)
					return nil //nolint:nilerr // it is noted
				}
			}
			list = append(list, collection.Described{Collection: col, State: db})
			return nil
		}, now.UnixMicro(), s.Tenant, s.Database)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
