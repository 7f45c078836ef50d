package schema

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// Migrations returns the scripts that bring a file from the schema version that is their
// position to the next. One that has been released never changes.
func Migrations() []string { return migrations[:] }

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
	slotColumns,
	collectionTables,
	sparseTable,
	namedTable,
	leaveColumns,
}

// ChunkTable returns the SQL that makes the table of database id.
func ChunkTable(id string) string { return fmt.Sprintf(chunkTable, TableName(id)) }

// chunkTable is read by people too: form is 0 for no metadata, 1 for a string, 2 for a JSON
// object, and NoEmbedding more in a chunk without embedding; expires_at is in microseconds since 1970.
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

// changesTable remembers what each batch changed, for databases that have a first row
// there: the state from which on changes are kept.
const changesTable = `CREATE TABLE changes (
	number   INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	hash     BLOB NOT NULL,
	written  BLOB NOT NULL,
	deleted  BLOB NOT NULL,
	PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;`

// textIndexesTable said of each database with full text, up to schema version 4, up to
// which chunk its texts were in its text index.
const textIndexesTable = `CREATE TABLE text_indexes (
	number  INTEGER PRIMARY KEY,
	indexed INTEGER NOT NULL
) STRICT;`

// textSlotsTable lets a database have more than one text index, each in a slot of its own:
// the one that is searched, one that is being made to take its place, and those that are
// being removed. It says who made the tokens in it, and up to which chunk the texts of the
// database are in it, or one of the states below.
const textSlotsTable = `CREATE TABLE text_slots (
	number   INTEGER NOT NULL,
	slot     INTEGER NOT NULL,
	analyzer TEXT NOT NULL,
	purpose  INTEGER NOT NULL,
	indexed  INTEGER NOT NULL,
	PRIMARY KEY (number, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO text_slots SELECT number, 0, 'words 1', 2, indexed FROM text_indexes;
DROP TABLE text_indexes;
ALTER TABLE text_slots RENAME TO text_indexes;`

// expiriesTable says when chunks expire, for those that do: found by chunk, and through
// its index by time, so that sweeping costs what is due and not what is there.
const expiriesTable = `CREATE TABLE expiries (
	number     INTEGER NOT NULL,
	chunk_id   INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (number, chunk_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiries_by_time ON expiries (expires_at);`

// slotColumns lets a database have embeddings of two models: those in use, in the slot that
// its row names, and those that are being made in the other one. A chunk whose embedding was
// made so has its checksum in reembedded, by the id of that embedding, and not in its own
// row, which stays as it was; once the chunk is written again, whose sequence is another
// then, the one in its row counts. A column of embeddings it is not: SQLite checks all of a
// strict table to which one is added, which would take minutes in a large file, and keep one
// that is damaged there from being opened at all.
// reembeds says for which model (target, as JSON; "" while the other slot is being emptied),
// and up to which chunk all have been looked at; reembed_again has the chunks that were
// written since.
const slotColumns = `ALTER TABLE databases ADD COLUMN slot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE databases ADD COLUMN reembedding INTEGER NOT NULL DEFAULT 0;
CREATE TABLE reembedded (
	id       INTEGER PRIMARY KEY,
	sequence INTEGER NOT NULL,
	crc      INTEGER NOT NULL
) STRICT;
CREATE TABLE reembeds (
	number  INTEGER PRIMARY KEY,
	target  TEXT NOT NULL,
	seen_to INTEGER NOT NULL
) STRICT;
CREATE TABLE reembed_again (
	number   INTEGER NOT NULL,
	chunk_id INTEGER NOT NULL,
	PRIMARY KEY (number, chunk_id)
) STRICT, WITHOUT ROWID;`

// collectionTables say what databases are called by other surfaces. A database that was not
// made by one has no row in collections. names leads to their numbers: by the name of a
// collection (kind 1), which the row has too, an alias (2), or a UUID (3); and it has the
// tenants (4) and their databases (5), but the default ones, which are always there.
// keyed is how many chunks of a database have a key, or fewer where that could not be counted:
// where it is all of them, those without need not be looked for.
const collectionTables = `CREATE TABLE collections (
	number   INTEGER PRIMARY KEY,
	tenant   TEXT NOT NULL,
	database TEXT NOT NULL,
	name     TEXT NOT NULL,
	uuid     BLOB NOT NULL,
	surface  TEXT NOT NULL,
	keys     TEXT NOT NULL,
	config   TEXT NOT NULL
) STRICT;
CREATE TABLE names (
	kind     INTEGER NOT NULL,
	tenant   TEXT NOT NULL,
	database TEXT NOT NULL,
	name     TEXT NOT NULL,
	number   INTEGER NOT NULL,
	PRIMARY KEY (kind, tenant, database, name)
) STRICT, WITHOUT ROWID;
ALTER TABLE databases ADD COLUMN keyed INTEGER NOT NULL DEFAULT 0;`

// sparseTable keeps the sparse vectors of chunks that have some, by the number of their
// database and their id as in embeddings of slot 0; package sparse has their form.
const sparseTable = `CREATE TABLE sparse_vectors (
	id      INTEGER PRIMARY KEY,
	vectors BLOB NOT NULL
) STRICT;`

// namedTable keeps the named vectors of chunks that have some, by the same number; package named
// has their form.
const namedTable = `CREATE TABLE named_vectors (
	id      INTEGER PRIMARY KEY,
	vectors BLOB NOT NULL
) STRICT;`

// leaveColumns are for databases that leave for another store: held_until is the time, in
// microseconds since 1970, before which one takes no writes, moved_to where it is now, after
// which it takes none, and fed_until until when its changes are kept for those who copy it; 0
// is that they are not. Package feed has the tables for that, and makes them when they are
// first needed: in most files they never are, and each takes a page.
const leaveColumns = `ALTER TABLE databases ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE databases ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
ALTER TABLE databases ADD COLUMN fed_until INTEGER NOT NULL DEFAULT 0;`

// Migrate brings the file from schema version to the newest, each step in a transaction
// of its own, so that a crash leaves it at one version or the next.
func Migrate(c *conn.Conn, version int64, steps []string) error {
	for ; version < int64(len(steps)); version++ {
		step := steps[version]
		if fill := fills[step]; fill != nil && version > 0 {
			statements, err := fill(c)
			if err != nil {
				return fmt.Errorf("migrate schema from version %d: %w", version, err)
			}
			step += statements
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			step, ApplicationID, version+1)
		if err := c.Script(script); err != nil {
			_ = c.Script("ROLLBACK") // fails if SQLite has done it already
			return fmt.Errorf("migrate schema from version %d: %w", version, err)
		}
	}
	return nil
}

// fills returns, for scripts that make place for what is known already, the statements that
// put it there.
var fills = map[string]func(*conn.Conn) (string, error){expiriesTable: fillExpiries, collectionTables: fillKeyed}

// fillKeyed returns the statements that set how many chunks have a key. Where the keys cannot
// be read, or are more than the chunks, they are counted as none, so that those without are
// looked for.
func fillKeyed(c *conn.Conn) (string, error) {
	var b strings.Builder
	err := c.Query("SELECT number, count(*) FROM keys GROUP BY number", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		n, _ := row[1].(int64)
		fmt.Fprintf(&b, "UPDATE databases SET keyed = %d WHERE number = %d AND chunks >= %[1]d;", n, number)
		return nil
	})
	if conn.PrimaryCode(err) == conn.CodeCorrupt {
		return "", nil
	}
	return b.String(), err
}

// fillExpiries returns the statements that copy the times in the tables of chunks to the
// new table.
func fillExpiries(c *conn.Conn) (string, error) {
	var b strings.Builder
	err := c.Query("SELECT number, id FROM databases", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		id, _ := row[1].(string)
		if err := domain.CheckID(id); err != nil { // it becomes part of a statement
			return fmt.Errorf("database %d: %w: %w", number, domain.ErrCorrupt, err)
		}
		fmt.Fprintf(&b, "INSERT INTO expiries SELECT %d, chunk_id, expires_at FROM %s WHERE expires_at IS NOT NULL;", number, TableName(id))
		return nil
	})
	return b.String(), err
}
