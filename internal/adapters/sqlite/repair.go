package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/memista/memista/internal/domain"
)

// mending is what a repair works with inside a transaction.
type mending struct {
	s      *Store
	c      *conn
	commit *domain.Commit // set where a chunk was taken out
	drops  bool           // there is something to clean up
}

// changedSince is what is said of a flaw that is not there any more when it is to be mended,
// because somebody has written what it was found in.
const changedSince = "written anew meanwhile"

// did returns what a statement did that changed n rows: none of them if the flaw is gone.
func did(what string, n int64, err error) (string, error) {
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return changedSince, nil
	}
	return what, nil
}

// mend does what it can about flaws: counters first, for the others count on. Others may
// have written since the flaws were found, so each is looked at again in the transaction
// that mends it.
func (s *Store) mend(ctx context.Context, flaws []flaw, applied func(domain.Commit)) error {
	for _, counters := range []bool{true, false} {
		for i := range flaws {
			f := &flaws[i]
			if f.mend == nil || (f.Kind == domain.BadCounter) != counters {
				continue
			}
			t := mending{s: s}
			r := &request{run: func(c *conn) (err error) {
				t.c = c
				f.Mended, err = f.mend(&t)
				return err
			}}
			r.after = func() {
				s.writer.keeper.drops = s.writer.keeper.drops || t.drops
				if t.commit != nil && applied != nil {
					applied(*t.commit)
				}
			}
			if err := s.do(ctx, r); err != nil {
				f.Mended = ""
				if errors.Is(err, domain.ErrCorrupt) {
					continue // pages in the way cannot be mended, other flaws can
				}
				return fmt.Errorf("mend %v: %w", f.Finding, err)
			}
		}
	}
	return nil
}

// recount sets the counters of d to what its rows say. Where its changes were counted
// wrong it begins a new life, so that no index file is taken for one of its states.
func recount(d domain.Database) func(*mending) (string, error) {
	return func(t *mending) (string, error) {
		table := tableName(d.ID)
		err := t.c.exec(`UPDATE databases SET chunks = (SELECT count(*) FROM `+table+`),
			next_id = max(next_id, (SELECT coalesce(max(chunk_id), 0) + 1 FROM `+table+`)) WHERE number = ?`, d.Number)
		if err != nil {
			return "", err
		}
		changed, err := t.c.execCount(`UPDATE databases SET sequence = (SELECT max(sequence) FROM `+table+`), incarnation = randomblob(16)
			WHERE number = ? AND sequence < (SELECT max(sequence) FROM `+table+`)`, d.Number)
		if err == nil && changed > 0 {
			err = t.c.exec("DELETE FROM changes WHERE number = ?", d.Number)
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

// quarantine takes a damaged chunk out of d and keeps it apart. For everybody else that is
// a delete: a change with a number.
func quarantine(d domain.Database, c domain.Chunk) func(*mending) (string, error) {
	return func(t *mending) (string, error) {
		now, found, err := t.c.integer("SELECT sequence FROM "+tableName(d.ID)+" WHERE chunk_id = ?", c.ID)
		if err != nil {
			return "", err
		}
		if !found || now != c.Sequence {
			return changedSince, nil
		}
		if err := t.c.script(quarantineTable); err != nil {
			return "", err
		}
		err = t.c.exec(`INSERT INTO quarantine (number, database, chunk_id, key, text, metadata, form, expires_at, sequence, crc, embedding, found_at)
			SELECT ?, ?, c.chunk_id, c.key, c.text, c.metadata, c.form, c.expires_at, c.sequence, c.crc, e.embedding, ?
			FROM `+tableName(d.ID)+` c LEFT JOIN embeddings e ON e.id = c.chunk_id + `+strconv.FormatInt(rowID(d.Number, 0), 10)+` WHERE c.chunk_id = ?`,
			d.Number, d.ID, t.s.options.Now().UnixMicro(), c.ID)
		if err != nil {
			return "", err
		}
		w := batchWriter{s: t.s, c: t.c, b: &domain.Batch{Database: d.ID, Delete: []int64{c.ID}}}
		commit, err := w.write()
		if err != nil {
			return "", err
		}
		t.commit = &commit
		return "taken out and kept in the table quarantine", nil
	}
}
