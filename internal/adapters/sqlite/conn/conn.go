package conn

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// statementCache is how many prepared statements a connection keeps. One takes 2 to 20
// KB, and a database in use needs about six.
const statementCache = 96

// Conn is one connection with its prepared statements. It is used by one goroutine at a
// time. It calls the driver without database/sql: no pool or retry is needed here, and a
// context would cost a goroutine per call.
type Conn struct {
	c     driver.Conn
	stmts map[string]*list.Element // of *stmt
	used  list.List                // of *stmt, the last used first

	// Of a reader: how many commits it sees, and whether it is pinned to that snapshot by
	// an open transaction. See Snapshots.
	snapshot uint64
	pinned   bool
}

// stmt is a prepared statement and room for its arguments and its row.
type stmt struct {
	sql  string
	st   driver.Stmt
	args []driver.NamedValue
	row  []driver.Value
}

// New returns a connection over that of the driver.
func New(c driver.Conn) *Conn {
	return &Conn{c: c, stmts: make(map[string]*list.Element)}
}

// steady hides the arguments of comparisons and limits from SQLite's planner by a plus
// sign, which changes no value. SQLite would plan by the values bound to them, and prepare
// the statement again for each execution, at twice the cost of reading ten rows.
var steady = strings.NewReplacer("= ?", "= +?", "LIMIT ?", "LIMIT +?")

// prepare returns the statement for sql, from the cache if it is there.
func (c *Conn) prepare(sql string) (*stmt, error) {
	if e, ok := c.stmts[sql]; ok {
		c.used.MoveToFront(e)
		return e.Value.(*stmt), nil
	}
	if c.used.Len() >= statementCache {
		if err := c.forget(c.used.Back()); err != nil {
			return nil, err
		}
	}
	st, err := c.c.(driver.ConnPrepareContext).PrepareContext(context.Background(), steady.Replace(sql))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", sql, err)
	}
	s := &stmt{sql: sql, st: st}
	c.stmts[sql] = c.used.PushFront(s)
	return s, nil
}

func (c *Conn) forget(e *list.Element) error {
	s := c.used.Remove(e).(*stmt)
	delete(c.stmts, s.sql)
	return s.st.Close()
}

// bind puts values into the argument list of s.
func (s *stmt) bind(values []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, v := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return s.args
}

// unbind drops the arguments, so that the cache keeps no big values alive.
func (s *stmt) unbind() {
	clear(s.args)
}

// Exec runs a statement that returns no rows. Arguments are int64, string, []byte or nil.
func (c *Conn) Exec(sql string, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.unbind()
	return execStmt(s.st, s.bind(args))
}

// ExecCount is Exec, and returns how many rows the statement changed.
func (c *Conn) ExecCount(sql string, args ...any) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	defer s.unbind()
	result, err := s.st.(driver.StmtExecContext).ExecContext(context.Background(), s.bind(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Query calls each with every row of a statement; the slice is reused for the next row,
// the values in it are not.
func (c *Conn) Query(sql string, each func(row []driver.Value) error, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.unbind()
	return s.each(context.Background(), args, each)
}

// QueryUnder is Query for a statement that may take long: it stops when ctx ends.
func (c *Conn) QueryUnder(ctx context.Context, sql string, each func(row []driver.Value) error, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.unbind()
	err = s.each(ctx, args, each)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// each runs s and calls each, if not nil, with every row.
func (s *stmt) each(ctx context.Context, args []any, each func(row []driver.Value) error) (err error) {
	rows, err := s.st.(driver.StmtQueryContext).QueryContext(ctx, s.bind(args))
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	if n := len(rows.Columns()); len(s.row) != n { // other than before after a schema change
		s.row = make([]driver.Value, n)
	}
	defer clear(s.row)
	for {
		if err := rows.Next(s.row); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if each == nil {
			continue
		}
		if err := each(s.row); err != nil {
			return err
		}
	}
}

// Text returns the one text that a statement yields.
func (c *Conn) Text(sql string) (t string, err error) {
	err = c.Query(sql, func(row []driver.Value) error {
		t, _ = row[0].(string)
		return nil
	})
	return t, err
}

// Integer returns the one integer that a statement yields, and false if it has no row.
func (c *Conn) Integer(sql string, args ...any) (n int64, found bool, err error) {
	err = c.Query(sql, func(row []driver.Value) error {
		n, found = row[0].(int64)
		return nil
	}, args...)
	return n, found, err
}

// AtOnce calls fn, whose statements all see one moment.
func (c *Conn) AtOnce(fn func() error) error {
	if c.pinned { // in a transaction already
		return fn()
	}
	if err := c.Script("BEGIN"); err != nil {
		return err
	}
	err := fn()
	if ended := c.Script("COMMIT"); err == nil {
		err = ended
	}
	return err
}

// Script runs statements without arguments, one after the other, outside the cache.
func (c *Conn) Script(sql string) error {
	_, err := c.c.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// Pinned reports whether a transaction is open that pins the connection to a snapshot.
func (c *Conn) Pinned() bool { return c.pinned }

// Raw returns the driver's connection, for what statements cannot do.
func (c *Conn) Raw() driver.Conn { return c.c }

// Close closes the statements and the connection.
func (c *Conn) Close() error {
	var errs []error
	for c.used.Len() > 0 {
		errs = append(errs, c.forget(c.used.Front()))
	}
	return errors.Join(append(errs, c.c.Close())...)
}
