package check

import (
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// Repair is what a repair works with inside a transaction.
type Repair struct {
	Conn *conn.Conn
	Now  time.Time
	// Delete deletes a chunk, as a batch does.
	Delete func(c *conn.Conn, database string, id int64) (domain.Commit, error)

	Commit  *domain.Commit // set where a chunk was taken out
	Orphans bool           // set where there is something to free
}

// changedSince is what is said of an issue that is gone when it is to be repaired, because
// what it was found in was written again.
const changedSince = "written anew meanwhile"

// did returns what a statement did that changed n rows: none of them if the issue is gone.
func did(what string, n int64, err error) (string, error) {
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return changedSince, nil
	}
	return what, nil
}

// recount sets the counters of d to what its rows say. Where its changes were counted
// wrong it begins a new life, so that no index file is taken for one of its states.
func recount(d domain.Database) func(*Repair) (string, error) {
	return func(t *Repair) (string, error) {
		table := schema.TableName(d.ID)
		err := t.Conn.Exec(`UPDATE databases SET chunks = (SELECT count(*) FROM `+table+`), keyed = (SELECT count(key) FROM `+table+`),
			next_id = max(next_id, (SELECT coalesce(max(chunk_id), 0) + 1 FROM `+table+`)) WHERE number = ?`, d.Number)
		if err != nil {
			return "", err
		}
		changed, err := t.Conn.ExecCount(`UPDATE databases SET sequence = (SELECT max(sequence) FROM `+table+`), incarnation = randomblob(16)
			WHERE number = ? AND sequence < (SELECT max(sequence) FROM `+table+`)`, d.Number)
		if err == nil && changed > 0 {
			err = t.Conn.Exec("DELETE FROM changes WHERE number = ?", d.Number)
		}
		return "counted again", err
	}
}

// quarantineTable keeps damaged chunks that were taken out of their databases, as they
// were found. It is made when it is first needed.
const quarantineTable = `CREATE TABLE IF NOT EXISTS quarantine (
	number     INTEGER NOT NULL,
	database   TEXT NOT NULL,
	chunk_id   INTEGER NOT NULL,
	key        TEXT,
	text       TEXT,
	metadata   TEXT,
	form       INTEGER,
	expires_at INTEGER,
	sequence   INTEGER,
	crc        INTEGER,
	embedding  BLOB,
	found_at   INTEGER NOT NULL
) STRICT`

// quarantineVectors keeps the sparse or named vectors of such chunks, in tables of their own
// since files may have the other one already.
const quarantineVectors = `CREATE TABLE IF NOT EXISTS %s (
	number   INTEGER NOT NULL,
	chunk_id INTEGER NOT NULL,
	vectors  BLOB,
	found_at INTEGER NOT NULL
) STRICT`

// keepVectors keeps the sparse and named vectors of a damaged chunk of d apart, if it has some.
func keepVectors(t *Repair, d domain.Database, id int64) error {
	for _, of := range []struct {
		names    int
		from, to string
	}{{d.Sparse.Len(), "sparse_vectors", "quarantine_sparse"}, {d.Vectors.Len(), "named_vectors", "quarantine_named"}} {
		if of.names == 0 {
			continue
		}
		if err := t.Conn.Script(fmt.Sprintf(quarantineVectors, of.to)); err != nil {
			return err
		}
		err := t.Conn.Exec("INSERT INTO "+of.to+" (number, chunk_id, vectors, found_at) SELECT ?, ?, vectors, ? FROM "+of.from+" WHERE id = ?",
			d.Number, id, t.Now.UnixMicro(), schema.Slot(0).RowID(d.Number, id))
		if err != nil {
			return err
		}
	}
	return nil
}

// quarantine takes a damaged chunk out of d and keeps it apart. For all others that is a
// delete: a change with a number.
func quarantine(d domain.Database, c domain.Chunk) func(*Repair) (string, error) {
	return func(t *Repair) (string, error) {
		now, found, err := t.Conn.Integer("SELECT sequence FROM "+schema.TableName(d.ID)+" WHERE chunk_id = ?", c.ID)
		if err != nil {
			return "", err
		}
		if !found || now != c.Sequence {
			return changedSince, nil
		}
		if err := t.Conn.Script(quarantineTable); err != nil {
			return "", err
		}
		err = t.Conn.Exec(`INSERT INTO quarantine (number, database, chunk_id, key, text, metadata, form, expires_at, sequence, crc, embedding, found_at)
			SELECT ?, ?, c.chunk_id, c.key, c.text, c.metadata, c.form, c.expires_at, c.sequence, coalesce(r.crc, c.crc), e.embedding, ?
			FROM databases d CROSS JOIN `+schema.TableName(d.ID)+` c LEFT JOIN embeddings e ON e.id = `+schema.EmbeddingOf(d.Number)+`
			LEFT JOIN reembedded r ON r.id = e.id AND r.sequence = c.sequence WHERE d.number = ? AND c.chunk_id = ?`,
			d.Number, d.ID, t.Now.UnixMicro(), d.Number, c.ID)
		if err == nil {
			err = keepVectors(t, d, c.ID)
		}
		if err != nil {
			return "", err
		}
		commit, err := t.Delete(t.Conn, d.ID, c.ID)
		if err != nil {
			return "", err
		}
		t.Commit = &commit
		return "taken out and kept in the table quarantine", nil
	}
}
