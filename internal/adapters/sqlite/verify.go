package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Verifier = (*Store)(nil)

// flaw is a finding with what mends it.
type flaw struct {
	domain.Finding
	// mend does so in a transaction of the writer and says what it did; nil: nothing can.
	mend func(t *mending) (did string, err error)
}

// Verify checks the whole store; see ports.Verifier. The log cannot start over meanwhile.
func (s *Store) Verify(ctx context.Context, repair bool, applied func(domain.Commit)) (domain.Report, error) {
	if err := s.enter(); err != nil {
		return domain.Report{}, err
	}
	v, err := s.inspect(ctx)
	s.leave()
	if err != nil {
		return domain.Report{}, classify(err)
	}
	if repair {
		if err := s.mend(ctx, v.flaws, applied); err != nil {
			return domain.Report{}, err
		}
	}
	for _, f := range v.flaws {
		v.report.Findings = append(v.report.Findings, f.Finding)
	}
	s.mended(v.report)
	return v.report, nil
}

// mended forgets that databases are damaged of which nothing is left to mend.
func (s *Store) mended(r domain.Report) {
	left := map[string]bool{}
	for _, f := range r.Findings {
		left[f.Database] = left[f.Database] || f.Mended == ""
	}
	for _, p := range s.Problems() {
		if !left[""] && !left[p.Database] && errors.Is(p.Kind, domain.ErrCorrupt) {
			s.health.passed(domain.ErrCorrupt, p.Database)
		}
	}
}

// inspect looks at everything in one read transaction on a connection of its own.
func (s *Store) inspect(ctx context.Context) (*inspector, error) {
	raw, err := openDriver(s.at.uri(reading))
	if err != nil {
		return nil, err
	}
	v := &inspector{c: newConn(raw)}
	err = s.configure(v.c, reading)
	if err == nil {
		err = s.using(v.c, func(c *conn) error {
			if err := c.script("BEGIN"); err != nil {
				return err
			}
			return v.all(ctx)
		})
	}
	_ = v.c.close() // ends the transaction; its error is that of a statement that met a bad page
	return v, err
}

// inspector collects what is wrong.
type inspector struct {
	c      *conn
	flaws  []flaw
	report domain.Report
	known  map[int64]bool // numbers of databases, and of dropped ones
}

func (v *inspector) found(kind domain.FindingKind, database string, chunk int64, mend func(*mending) (string, error), format string, args ...any) {
	v.flaws = append(v.flaws, flaw{domain.Finding{Kind: kind, Database: database, Chunk: chunk, Detail: fmt.Sprintf(format, args...)}, mend})
}

// damaged turns the error of a statement that met a damaged page into a finding.
func (v *inspector) damaged(database, what string, err error) error {
	if primaryCode(err) != codeCorrupt && !errors.Is(err, domain.ErrCorrupt) {
		return err
	}
	v.found(domain.BadPage, database, 0, nil, "%s: %v", what, err)
	return nil
}

func (v *inspector) all(ctx context.Context) error {
	pages, err := checkPages(ctx, v.c)
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
	return v.damaged("", "the tables of databases", v.tables(databases))
}

// counted is a database with the next id it would give.
type counted struct {
	domain.Database
	next int64
}

// databases lists them, and notes the numbers in use.
func (v *inspector) databases() (list []counted, err error) {
	v.known = map[int64]bool{}
	err = v.c.query("SELECT "+databaseColumns+" FROM databases ORDER BY number", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		v.known[number] = true
		d, next, err := scanDatabase(row)
		if err != nil {
			return v.damaged("", "the list of databases", err)
		}
		list = append(list, counted{d, next})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = v.c.query("SELECT number FROM drops", func(row []driver.Value) error {
		number, _ := row[0].(int64)
		v.known[number] = true
		return nil
	})
	return list, err
}

// tally is what the rows of a database come to.
type tally struct {
	chunks, lastID, lastSequence int64
}

// database checks one database.
func (v *inspector) database(ctx context.Context, d counted) error {
	there, _, err := v.c.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", "chunks_"+d.ID)
	if err != nil {
		return v.damaged(d.ID, "the schema", err)
	}
	if there == 0 {
		v.found(domain.BadPage, d.ID, 0, nil, "its table is not there")
		return nil
	}
	var sum tally
	err = v.rows(ctx, d, &sum)
	v.report.Chunks += sum.chunks
	if err != nil { // the counts are not to be compared with a part of the rows
		return v.damaged(d.ID, fmt.Sprintf("the rows after chunk %d", sum.lastID), err)
	}
	v.counters(d, sum)
	for _, check := range []func(counted) error{v.strayKeys, v.strayEmbeddings, v.expiries, v.history} {
		if err := v.damaged(d.ID, "what belongs to it", check(d)); err != nil {
			return err
		}
	}
	return nil
}

// rows checks every chunk of d.
func (v *inspector) rows(ctx context.Context, d counted, sum *tally) error {
	const fields = domain.FieldText | domain.FieldMetadata
	return v.c.queryUnder(ctx, `SELECT c.chunk_id, c.key, c.sequence, c.expires_at, c.text, c.form, c.metadata, c.crc, e.embedding, k.chunk_id
		FROM `+tableName(d.ID)+` c LEFT JOIN embeddings e ON e.id = c.chunk_id + `+strconv.FormatInt(rowID(d.Number, 0), 10)+`
		LEFT JOIN keys k ON k.number = ? AND k.key = c.key ORDER BY c.chunk_id`, func(row []driver.Value) error {
		var c domain.Chunk
		if err := scanChunk(&c, row, fields); err != nil {
			return err
		}
		sum.chunks++
		sum.lastID, sum.lastSequence = c.ID, max(sum.lastSequence, c.Sequence)
		crc, _ := row[7].(int64)
		embedding, there := row[8].([]byte)
		switch {
		case !there:
			v.found(domain.BadEmbedding, d.ID, c.ID, quarantine(d.Database, c), "it has no embedding")
		case len(embedding) != 4*d.Dims:
			v.found(domain.BadEmbedding, d.ID, c.ID, quarantine(d.Database, c), "its embedding has %d bytes, not %d", len(embedding), 4*d.Dims)
		case int64(checksum(&c, embedding)) != crc:
			v.found(domain.BadChunk, d.ID, c.ID, quarantine(d.Database, c), "its checksum differs%s", named(c.Key))
		}
		if owner, listed := row[9].(int64); c.Key != "" && (!listed || owner != c.ID) {
			v.badKey(d, c, owner)
		}
		return nil
	}, d.Number)
}

// named mentions a key, which tells the caller whose chunk it is.
func named(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" (its key is %q)", key)
}

// badKey is for a key that does not lead to the chunk that has it. It is entered, unless
// another chunk has it with the same right.
func (v *inspector) badKey(d counted, c domain.Chunk, owner int64) {
	leads := "is not in the table of keys"
	if owner != 0 {
		leads = fmt.Sprintf("leads to chunk %d", owner)
	}
	v.found(domain.BadKey, d.ID, c.ID, func(t *mending) (string, error) {
		n, err := t.c.execCount(`INSERT OR REPLACE INTO keys (number, key, chunk_id) SELECT ?1, ?2, ?3 WHERE NOT EXISTS
			(SELECT 1 FROM keys k JOIN `+tableName(d.ID)+` o ON o.chunk_id = k.chunk_id AND o.key = k.key WHERE k.number = ?1 AND k.key = ?2)`,
			d.Number, c.Key, c.ID)
		if err != nil || n == 0 {
			return "", err
		}
		return "entered", nil
	}, "its key %q %s", c.Key, leads)
}

// counters compares what the description of d says with its rows.
func (v *inspector) counters(d counted, sum tally) {
	var wrong []string
	compare := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	compare(d.Chunks != sum.chunks, "it has %d chunks and counts %d", sum.chunks, d.Chunks)
	compare(d.next <= sum.lastID, "its next chunk id is %d and the last chunk has %d", d.next, sum.lastID)
	compare(d.Sequence < sum.lastSequence, "its last change is %d and a chunk was written by %d", d.Sequence, sum.lastSequence)
	for _, w := range wrong {
		v.found(domain.BadCounter, d.ID, 0, recount(d.Database), "%s", w)
	}
}

// strayKeys looks for keys that lead to no chunk, or to one with another key.
func (v *inspector) strayKeys(d counted) error {
	return v.c.query(`SELECT k.key, k.chunk_id FROM keys k WHERE k.number = ? AND NOT EXISTS
		(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = k.chunk_id AND c.key IS k.key)`, func(row []driver.Value) error {
		key, _ := row[0].(string)
		id, _ := row[1].(int64)
		v.found(domain.BadKey, d.ID, id, func(t *mending) (string, error) {
			n, err := t.c.execCount(`DELETE FROM keys WHERE number = ?1 AND key = ?2 AND chunk_id = ?3 AND NOT EXISTS
				(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = ?3 AND c.key = ?2)`, d.Number, key, id)
			return did("removed", n, err)
		}, "the key %q leads to it, and it has not that key", key)
		return nil
	}, d.Number)
}

// strayEmbeddings looks for embeddings without a chunk.
func (v *inspector) strayEmbeddings(d counted) error {
	const first, last = 0, maxID
	return v.c.query(`SELECT e.id FROM embeddings e WHERE e.id BETWEEN ? AND ? AND NOT EXISTS
		(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = e.id - `+strconv.FormatInt(rowID(d.Number, 0), 10)+`)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadEmbedding, d.ID, id&maxID, func(t *mending) (string, error) {
			n, err := t.c.execCount(`DELETE FROM embeddings WHERE id = ? AND NOT EXISTS
				(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = ?)`, id, id&maxID)
			return did("removed", n, err)
		}, "there is an embedding and no chunk")
		return nil
	}, rowID(d.Number, first), rowID(d.Number, last))
}

// expiries compares the table that the sweeping goes by with the times in the rows.
func (v *inspector) expiries(d counted) error {
	err := v.c.query(`SELECT c.chunk_id FROM `+tableName(d.ID)+` c WHERE c.expires_at IS NOT NULL AND NOT EXISTS
		(SELECT 1 FROM expiries e WHERE e.number = ? AND e.chunk_id = c.chunk_id AND e.expires_at = c.expires_at)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadExpiry, d.ID, id, func(t *mending) (string, error) {
			n, err := t.c.execCount(`INSERT OR REPLACE INTO expiries (number, chunk_id, expires_at)
				SELECT ?, chunk_id, expires_at FROM `+tableName(d.ID)+` WHERE chunk_id = ? AND expires_at IS NOT NULL`, d.Number, id)
			return did("entered", n, err)
		}, "its time is not in the table of expiries")
		return nil
	}, d.Number)
	if err != nil {
		return err
	}
	return v.c.query(`SELECT e.chunk_id FROM expiries e WHERE e.number = ? AND NOT EXISTS
		(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = e.chunk_id AND c.expires_at IS NOT NULL)`, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		v.found(domain.BadExpiry, d.ID, id, func(t *mending) (string, error) {
			n, err := t.c.execCount(`DELETE FROM expiries WHERE number = ?1 AND chunk_id = ?2 AND NOT EXISTS
				(SELECT 1 FROM `+tableName(d.ID)+` c WHERE c.chunk_id = ?2 AND c.expires_at IS NOT NULL)`, d.Number, id)
			return did("removed", n, err)
		}, "the table of expiries has a time for it, and it has none")
		return nil
	}, d.Number)
}

// history compares the end of the remembered changes with the description of d.
func (v *inspector) history(d counted) error {
	return v.c.query("SELECT sequence, hash FROM changes WHERE number = ? ORDER BY sequence DESC LIMIT 1", func(row []driver.Value) error {
		sequence, _ := row[0].(int64)
		hash, _ := row[1].([]byte)
		if sequence != d.Sequence || string(hash) != string(d.Hash[:]) {
			v.found(domain.BadCounter, d.ID, 0, func(t *mending) (string, error) {
				return "forgotten, its index will be made anew", t.c.exec("DELETE FROM changes WHERE number = ?", d.Number)
			}, "the changes that are remembered end at %d with another hash than its own at %d", sequence, d.Sequence)
		}
		return nil
	}, d.Number)
}

// orphans looks for what belongs to databases that are not there.
func (v *inspector) orphans() error {
	for _, in := range []struct{ what, next string }{
		{"embeddings", "SELECT id >> " + strconv.Itoa(idBits) + " FROM embeddings WHERE id > ((? + 1) << " + strconv.Itoa(idBits) + ") ORDER BY id LIMIT 1"},
		{"keys", "SELECT number FROM keys WHERE number > ? ORDER BY number LIMIT 1"},
		{"changes", "SELECT number FROM changes WHERE number > ? ORDER BY number LIMIT 1"},
		{"expiries", "SELECT number FROM expiries WHERE number > ? ORDER BY number LIMIT 1"},
	} {
		for number := int64(-1); ; {
			next, found, err := v.c.integer(in.next, number)
			if err != nil {
				return err
			}
			if !found {
				break
			}
			number = next
			if !v.known[number] {
				v.known[number] = true // once is enough
				v.found(domain.Orphan, "", 0, func(t *mending) (string, error) {
					t.drops = true
					return "to be freed", t.c.exec("INSERT INTO drops (number, table_left) VALUES (?, '')", number)
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
	return v.c.query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'chunks\_%' ESCAPE '\'`, func(row []driver.Value) error {
		if name, _ := row[0].(string); !listed[name] {
			v.found(domain.Orphan, "", 0, nil, "the table %q is of no database", name)
		}
		return nil
	})
}
