package sqlite

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

// conn is one connection with its prepared statements. It is used by one goroutine at a
// time. It speaks to the driver without database/sql: there is no pool to manage here,
// no retry wanted, and a context would cost a goroutine per call.
type conn struct {
	c     driver.Conn
	stmts map[string]*list.Element // of *stmt
	used  list.List                // of *stmt, the last used first

	// Of a reader: how many commits it sees, and whether it stays at that moment, in a
	// transaction that is open. See moments.
	moment  uint64
	staying bool
}

// stmt is a prepared statement and room for its arguments and its row.
type stmt struct {
	sql  string
	st   driver.Stmt
	args []driver.NamedValue
	row  []driver.Value
}

func newConn(c driver.Conn) *conn {
	return &conn{c: c, stmts: make(map[string]*list.Element)}
}

// steady hides the arguments of comparisons and limits from SQLite's planner by a plus
// sign, which changes no value. SQLite would plan by what is bound to them, and therefore
// prepare the statement anew for each execution, at twice the cost of reading ten rows.
var steady = strings.NewReplacer("= ?", "= +?", "LIMIT ?", "LIMIT +?")

// prepare returns the statement for sql, from the cache if it is there.
func (c *conn) prepare(sql string) (*stmt, error) {
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

func (c *conn) forget(e *list.Element) error {
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

// unbind lets go of what the arguments point to, so that the cache keeps no big values.
func (s *stmt) unbind() {
	clear(s.args)
}

// exec runs a statement that returns no rows. Arguments are int64, string, []byte or nil.
func (c *conn) exec(sql string, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.unbind()
	return execStmt(s.st, s.bind(args))
}

// execCount is exec, and returns how many rows the statement changed.
func (c *conn) execCount(sql string, args ...any) (int64, error) {
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

// query calls each with every row of a statement; the slice is reused for the next row,
// the values in it are not.
func (c *conn) query(sql string, each func(row []driver.Value) error, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.unbind()
	return s.each(context.Background(), args, each)
}

// queryUnder is query for a statement that may take long: it stops when ctx ends.
func (c *conn) queryUnder(ctx context.Context, sql string, each func(row []driver.Value) error, args ...any) error {
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

// integer returns the one integer that a statement yields, and false if it has no row.
func (c *conn) integer(sql string, args ...any) (n int64, found bool, err error) {
	err = c.query(sql, func(row []driver.Value) error {
		n, found = row[0].(int64)
		return nil
	}, args...)
	return n, found, err
}

// script runs statements without arguments, one after the other, outside the cache.
func (c *conn) script(sql string) error {
	_, err := c.c.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// close closes the statements and the connection.
func (c *conn) close() error {
	var errs []error
	for c.used.Len() > 0 {
		errs = append(errs, c.forget(c.used.Front()))
	}
	return errors.Join(append(errs, c.c.Close())...)
}
