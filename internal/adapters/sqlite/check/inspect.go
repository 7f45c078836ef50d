package check

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Issue is a finding with its repair.
type Issue struct {
	domain.Finding

	// Repair runs in a transaction of the writer and says what it did; nil: nothing can be
	// done.
	Repair func(t *Repair) (did string, err error)
}

// Inspect looks at everything, in the read transaction that is open on c, and returns what
// it has counted and what is wrong.
func Inspect(ctx context.Context, c *conn.Conn) (domain.Report, []Issue, error) {
	v := inspector{c: c}
	err := v.all(ctx)
	return v.report, v.issues, err
}

// inspector collects what is wrong.
type inspector struct {
	c      *conn.Conn
	issues []Issue
	report domain.Report
	known  map[int64]bool // numbers of databases, and of dropped ones
}

func (v *inspector) found(kind domain.FindingKind, database string, chunk int64, repair func(*Repair) (string, error), format string, args ...any) {
	v.issues = append(v.issues, Issue{domain.Finding{Kind: kind, Database: database, Chunk: chunk, Detail: fmt.Sprintf(format, args...)}, repair})
}

// damaged turns the error of a statement that met a damaged page into a finding.
func (v *inspector) damaged(database, what string, err error) error {
	if conn.PrimaryCode(err) != conn.CodeCorrupt && !errors.Is(err, domain.ErrCorrupt) {
		return err
	}
	v.found(domain.BadPage, database, 0, nil, "%s: %v", what, err)
	return nil
}

func (v *inspector) all(ctx context.Context) error {
	pages, err := Pages(ctx, v.c)
	if err = v.damaged("", "the file", err); err != nil {
		return err
	}
	for _, p := range pages {
		v.found(domain.BadPage, "", 0, nil, "%s", p)
	}
	databases, err := v.databases()
	if err != nil {
		return v.damaged("", "the list of databases", err)
	}
	for _, d := range databases {
		if err := v.database(ctx, d); err != nil {
			return err
		}
	}
	v.report.Databases = int64(len(databases))
	if err := v.orphans(); err != nil {
		return v.damaged("", "what belongs to no database", err)
	}
	if err := v.damaged("", "what databases are called", v.names()); err != nil {
		return err
	}
	return v.damaged("", "the tables of databases", v.tables(databases))
}

// counted is a database with what else its row says.
type counted struct {
	domain.Database
	row   schema.Row
	keyed int64 // how many chunks are said to have a key
}

// databases lists them, and notes the numbers in use.
func (v *inspector) databases() (list []counted, err error) {
	v.known = map[int64]bool{}
	err = v.c.Query("SELECT "+schema.DatabaseColumns+" FROM databases ORDER BY number", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		v.known[number] = true
		d, more, err := schema.ScanDatabase(row)
		if err != nil {
			return v.damaged("", "the list of databases", err)
		}
		list = append(list, counted{Database: d, row: more})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = v.c.Query("SELECT number FROM drops", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		v.known[number] = true
		return nil
	})
	return list, err
}

// orphans looks for what belongs to databases that are not there.
func (v *inspector) orphans() error {
	for _, in := range []struct{ what, next string }{
		{"embeddings", "SELECT id >> " + strconv.Itoa(schema.IDBits) + " FROM embeddings WHERE id > ((? + 1) << " + strconv.Itoa(schema.IDBits) + ") ORDER BY id LIMIT 1"},
		{"embeddings", "SELECT (id & ~(1 << 63)) >> " + strconv.Itoa(schema.IDBits) + " FROM embeddings WHERE id < 0 AND id > (1 << 63 | ((? + 1) << " + strconv.Itoa(schema.IDBits) + ")) ORDER BY id LIMIT 1"},
		{"sparse vectors", "SELECT id >> " + strconv.Itoa(schema.IDBits) + " FROM sparse_vectors WHERE id > ((? + 1) << " + strconv.Itoa(schema.IDBits) + ") ORDER BY id LIMIT 1"},
		{"named vectors", "SELECT id >> " + strconv.Itoa(schema.IDBits) + " FROM named_vectors WHERE id > ((? + 1) << " + strconv.Itoa(schema.IDBits) + ") ORDER BY id LIMIT 1"},
		{"embeddings to be made", "SELECT number FROM reembeds WHERE number > ? ORDER BY number LIMIT 1"},
		{"embeddings to be made", "SELECT number FROM reembed_again WHERE number > ? ORDER BY number LIMIT 1"},
		{"keys", "SELECT number FROM keys WHERE number > ? ORDER BY number LIMIT 1"},
		{"changes", "SELECT number FROM changes WHERE number > ? ORDER BY number LIMIT 1"},
		{"expiries", "SELECT number FROM expiries WHERE number > ? ORDER BY number LIMIT 1"},
	} {
		for number := int64(-1); ; {
			next, found, err := v.c.Integer(in.next, number)
			if err != nil {
				return err
			}
			if !found {
				break
			}
			number = next
			if !v.known[number] {
				v.known[number] = true // once is enough
				v.found(domain.Orphan, "", 0, func(t *Repair) (string, error) {
					t.Orphans = true
					return "to be freed", t.Conn.Exec("INSERT INTO drops (number, table_left) VALUES (?, '')", number)
				}, "there are %s of database number %d, which is not there", in.what, number)
			}
		}
	}
	return nil
}

// tables looks for tables of chunks whose database is not listed.
func (v *inspector) tables(databases []counted) error {
	listed := map[string]bool{}
	for _, d := range databases {
		listed["chunks_"+d.ID] = true
	}
	return v.c.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'chunks\_%' ESCAPE '\'`, func(row []driver.Value) error {
		if name, _ := row[0].(string); !listed[name] {
			v.found(domain.Orphan, "", 0, nil, "the table %q is of no database", name)
		}
		return nil
	})
}
