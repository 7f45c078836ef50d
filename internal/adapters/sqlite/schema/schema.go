package schema

import (
	"database/sql/driver"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// ApplicationID marks the files of memista in SQLite's header: "memi" in ASCII.
const ApplicationID = 0x6d656d69

// PageSize of new files in bytes; DESIGN.md has the figures behind it.
const PageSize = 32 << 10

// Identify reports whether the file behind c is one of memista, or empty; any other is an error
// that says what to do.
func Identify(c *conn.Conn, path string, newest int64) (version int64, err error) {
	app, _, err := c.Integer("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	if app == ApplicationID {
		version, _, err = c.Integer("PRAGMA user_version")
		if err != nil {
			return 0, err
		}
		if version > newest {
			return 0, domain.Errorf(domain.ErrNewerSchema, "%s has schema version %d, this memista knows up to %d: use a newer memista", path, version, newest)
		}
		return version, nil
	}
	tables, original, err := userTables(c)
	if err != nil {
		return 0, err
	}
	switch {
	case app == 0 && tables == 0:
		return 0, nil
	case app == 0 && original:
		return 0, domain.Errorf(domain.ErrOriginalFormat, "%s was written by the original memista: import it into a new file; it is left as it is", path)
	default:
		return 0, domain.Errorf(domain.ErrForeignFile, "%s is a SQLite database of another program: choose another path, or move it away", path)
	}
}

// userTables counts the tables in a file without the mark, and reports whether they look
// like the original's: chunks_<id> with chunk_id, text and metadata.
func userTables(c *conn.Conn) (tables int, original bool, err error) {
	err = c.Query(`SELECT m.name LIKE 'chunks\_%' ESCAPE '\' AND
		(SELECT count(*) FROM pragma_table_info(m.name) WHERE name IN ('chunk_id', 'text', 'metadata')) = 3
		FROM sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		func(row []driver.Value) error {
			tables++
			if like, ok := row[0].(int64); ok && like == 1 {
				original = true
			}
			return nil
		})
	return tables, original, err
}
