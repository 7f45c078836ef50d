package sqlite

import (
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/memista/memista/internal/domain"
)

// applicationID marks our files in SQLite's header: "memi" in ASCII.
const applicationID = 0x6d656d69

// pageSize of new files in bytes; DESIGN.md has the figures behind it.
const pageSize = 32 << 10

// idBits is how many bits of an embedding's rowid are the chunk id; the others are the
// number of its database. That is room for 68 billion chunks in each of 134 million
// databases.
const (
	idBits    = 36
	maxID     = 1<<idBits - 1
	maxNumber = 1<<(63-idBits) - 1
)

// migrations bring a file from the schema version that is their position to the next.
// One that has been released never changes.
var migrations = [...]string{
	`CREATE TABLE databases (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	id          TEXT NOT NULL UNIQUE COLLATE NOCASE,
	dims        INTEGER NOT NULL,
	settings    TEXT NOT NULL,
	incarnation BLOB NOT NULL,
	sequence    INTEGER NOT NULL,
	hash        BLOB NOT NULL,
	next_id     INTEGER NOT NULL,
	chunks      INTEGER NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT;
CREATE TABLE embeddings (
	id        INTEGER PRIMARY KEY,
	embedding BLOB NOT NULL
) STRICT;
CREATE TABLE keys (
	number   INTEGER NOT NULL,
	key      TEXT NOT NULL,
	chunk_id INTEGER NOT NULL,
	PRIMARY KEY (number, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE drops (
	number     INTEGER PRIMARY KEY,
	table_left TEXT NOT NULL
) STRICT;`,
	changesTable,
	textIndexesTable,
	expiriesTable,
	textSlotsTable,
}

// chunkTable is the SQL that makes the table of one database. It is read by people too:
// form is 0 for no metadata, 1 for a string, 2 for a JSON object; expires_at is in
// microseconds since 1970.
const chunkTable = `CREATE TABLE %s (
	chunk_id   INTEGER PRIMARY KEY,
	key        TEXT,
	text       TEXT NOT NULL,
	metadata   TEXT,
	form       INTEGER NOT NULL,
	expires_at INTEGER,
	sequence   INTEGER NOT NULL,
	crc        INTEGER NOT NULL
) STRICT`

// tableName returns the quoted name of the table of database id. An id cannot contain a
// quote, so there is nothing to escape.
func tableName(id string) string { return `"chunks_` + id + `"` }

// droppedName returns the quoted name that the table of a dropped database has until
// its space is given back.
func droppedName(number int64) string { return `"dropped_` + strconv.FormatInt(number, 10) + `"` }

// identify reports whether the file behind c is ours, or empty; any other is an error
// that says what to do.
func identify(c *conn, path string, newest int64) (version int64, err error) {
	app, _, err := c.integer("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	if app == applicationID {
		version, _, err = c.integer("PRAGMA user_version")
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
		return 0, domain.Errorf(domain.ErrOriginalFormat, "%s was written by the original memista: choose a new DATABASE_PATH and import it there with `memista import --from-memista %s`; the file is left as it is", path, path)
	default:
		return 0, domain.Errorf(domain.ErrForeignFile, "%s is a SQLite database of another program: choose another DATABASE_PATH, or move it away", path)
	}
}

// userTables counts the tables in a file without our mark, and reports whether they look
// like the original's: chunks_<id> with chunk_id, text and metadata.
func userTables(c *conn) (tables int, original bool, err error) {
	err = c.query(`SELECT m.name LIKE 'chunks\_%' ESCAPE '\' AND
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

// migrate brings the file from schema version to the newest, each step in a transaction
// of its own, so that a crash leaves it at one version or the next.
func migrate(c *conn, version int64, steps []string) error {
	for ; version < int64(len(steps)); version++ {
		step := steps[version]
		if step == expiriesTable && version > 0 {
			fill, err := fillExpiries(c)
			if err != nil {
				return fmt.Errorf("migrate schema from version %d: %w", version, err)
			}
			step += fill
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			step, applicationID, version+1)
		if err := c.script(script); err != nil {
			_ = c.script("ROLLBACK") // fails if SQLite has done it already
			return fmt.Errorf("migrate schema from version %d: %w", version, err)
		}
	}
	return nil
}
