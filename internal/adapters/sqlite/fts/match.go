package fts

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// fewAllowed is up to how many allowed ids are handed to SQLite, which then scores only
// these; more are filtered here, after the scoring.
const fewAllowed = 10_000

// slack is how many matches beyond those wanted are taken at first: some may have expired.
const slack = 32

// match returns the best matches of q in db, in the transaction that is open on c.
func match(ctx context.Context, c *conn.Conn, db domain.Database, ix *Index, q ports.TextQuery) ([]domain.TextMatch, error) {
	m := matcher{c: c, db: db, name: ix.Table(), q: q, expression: ix.Analyzer.Expression(q.Terms, q.All)}
	if m.expression == "" {
		return nil, nil
	}
	if q.Allow != nil && q.Allow.Len() <= fewAllowed {
		m.few = schema.IDList(slices.Collect(q.Allow.All()))
	}
	for take := q.K + slack; ; take *= 8 {
		found, more, err := m.best(ctx, take)
		if err != nil {
			return nil, err
		}
		found, err = m.living(found)
		if err != nil {
			return nil, err
		}
		if len(found) >= q.K || !more {
			return found[:min(len(found), q.K)], nil
		}
	}
}

// matcher answers one text query.
type matcher struct {
	c          *conn.Conn
	db         domain.Database
	name       string // of the index
	q          ports.TextQuery
	expression string
	few        string // the allowed ids as a JSON array, if they are few
}

// best returns the best n matches that are allowed, and whether there may be more.
func (m *matcher) best(ctx context.Context, n int) (found []domain.TextMatch, more bool, err error) {
	sql := "SELECT rowid AS id, bm25(" + m.name + ") AS score FROM " + m.name + " WHERE " + m.name + " MATCH ?"
	args := []any{m.expression}
	sift := m.q.Allow != nil
	if m.few != "" {
		// The plus keeps SQLite from asking FTS5 for each of the ids in turn.
		sql += " AND +rowid IN (SELECT value FROM json_each(?))"
		args = append(args, m.few)
		sift = false
	}
	sql += " ORDER BY score, id"
	if !sift {
		sql += " LIMIT ?"
		args = append(args, int64(n))
	}
	rows := 0
	err = m.c.QueryUnder(ctx, sql, func(row []driver.Value) error {
		if rows++; rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		id, _ := row[0].(int64)
		score, _ := row[1].(float64)
		if sift && !m.q.Allow.Contains(id) {
			return nil
		}
		found = append(found, domain.TextMatch{ID: id, Score: float32(-score)}) // FTS5's is the smaller the better
		if len(found) == n {
			return conn.ErrEnough
		}
		return nil
	}, args...)
	switch {
	case errors.Is(err, conn.ErrEnough):
		return found, true, nil
	case conn.PrimaryCode(err) == conn.CodeCorrupt:
		return nil, false, errors.Join(ErrDamaged, err)
	}
	return found, false, err
}

// living returns the matches that have not expired, with the sequence of their rows.
func (m *matcher) living(found []domain.TextMatch) ([]domain.TextMatch, error) {
	if len(found) == 0 {
		return found, nil
	}
	at := make(map[int64]int, len(found))
	ids := make([]int64, len(found))
	for i, f := range found {
		at[f.ID], ids[i] = i, f.ID
	}
	now := m.q.Now.UnixMicro()
	err := m.c.Query("SELECT chunk_id, sequence, expires_at FROM "+schema.TableName(m.db.ID)+
		" WHERE chunk_id IN (SELECT value FROM json_each(?))", func(row []driver.Value) error {
		id, _ := row[0].(int64)
		if expires, ok := row[2].(int64); !ok || m.q.Now.IsZero() || expires > now {
			found[at[id]].Sequence, _ = row[1].(int64)
		}
		return nil
	}, schema.IDList(ids))
	if err != nil {
		return nil, err
	}
	kept := found[:0]
	for _, f := range found {
		if f.Sequence != 0 {
			kept = append(kept, f)
		}
	}
	// SQLite has compared float64; what is equal as float32 is sorted by id.
	slices.SortFunc(kept, domain.TextMatch.Compare)
	return kept, nil
}
