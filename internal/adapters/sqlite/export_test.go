package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// PageSize is the page size of new files.
const PageSize = schema.PageSize

// WithPageSize makes new files with pages of n bytes.
func (o Options) WithPageSize(n int) *Options { o.pageSize = n; return &o }

// WithMigrations opens with other steps of the schema.
func (o Options) WithMigrations(steps ...string) *Options { o.migrations = steps; return &o }

// WithPause sets how long writes are refused after a disk fault.
func (o Options) WithPause(d time.Duration) *Options { o.pause = d; return &o }

// WithIdle sets how long nothing must have been written before the maintenance rests.
func (o Options) WithIdle(d time.Duration) *Options { o.idle = d; return &o }

// WithForget sets after how long embeddings of texts are removed that are not to be kept.
func (o Options) WithForget(d time.Duration) *Options { o.forget = d; return &o }

// WithRoom has every file system seem to have so much room left.
func (o Options) WithRoom(bytes int64) *Options {
	o.free = func(string) (int64, bool) { return bytes, true }
	return &o
}

// Migrations returns the steps of the schema.
func Migrations() []string { return schema.Migrations()[:] }

// CheckLibrary exports checkLibrary.
var CheckLibrary = conn.CheckLibrary

// OnWriter runs a script on the writer's connection, between two transactions.
func (s *Store) OnWriter(script string) error {
	return s.writer.Do(context.Background(), &commit.Request{Run: func(c *conn.Conn) error {
		return c.Query(script, nil)
	}})
}

// Integers returns an integer as each connection sees it: the writer's first.
func (s *Store) Integers(sql string) ([]int64, error) {
	var out []int64
	err := s.writer.Do(context.Background(), &commit.Request{Run: func(c *conn.Conn) error {
		n, _, err := c.Integer(sql)
		out = append(out, n)
		return err
	}})
	if err != nil {
		return out, err
	}
	err = s.pool.Each(func(c *conn.Conn) error {
		n, _, err := c.Integer(sql)
		out = append(out, n)
		return err
	})
	return out, err
}

// Text returns the texts that a statement yields on a reader, joined by line breaks.
func (s *Store) Text(sql string) (string, error) {
	var lines []string
	err := s.read(context.Background(), func(c *conn.Conn) error {
		return c.Query(sql, func(row []driver.Value) error {
			switch v := row[0].(type) {
			case string:
				lines = append(lines, v)
			case int64:
				lines = append(lines, strconv.FormatInt(v, 10))
			}
			return nil
		})
	})
	return strings.Join(lines, "\n"), err
}

// Script runs statements on the file at path, without a Store.
func Script(path, sql string) error {
	at, err := conn.Locate(path)
	if err != nil {
		return err
	}
	c, err := conn.OpenDriver(at.URI(conn.Writing))
	if err != nil {
		return err
	}
	raw := conn.New(c)
	return errors.Join(raw.Script(sql), raw.Close())
}

// Pinned is how many readers are pinned to a snapshot.
func (s *Store) Pinned() (n int) {
	_ = s.pool.Each(func(c *conn.Conn) error {
		if c.Pinned() {
			n++
		}
		return nil
	})
	return n
}

// UnpinAll unpins all readers.
func (s *Store) UnpinAll() { s.pool.UnpinAll() }

// Queued is how many requests wait for the writer.
func (s *Store) Queued() int { return s.writer.Queued() }

// CheckText compares the text index of a database with one that is made of its rows, and
// lets FTS5 check it.
func (s *Store) CheckText(id string) error {
	return s.writer.Do(context.Background(), &commit.Request{Run: func(c *conn.Conn) error {
		db, _, _, err := schema.LookUp(c, id)
		if err != nil {
			return err
		}
		ix, err := fts.Searched(c, db)
		if err != nil {
			return err
		}
		name := ix.Table()
		if err := c.Script(ix.Analyzer.Table("temp.fresh")); err != nil {
			return err
		}
		err = c.Query("SELECT chunk_id, text FROM "+schema.TableName(id), func(row []driver.Value) error {
			args := []any{row[0]}
			for _, v := range ix.Analyzer.Values(row[1].(string)) {
				args = append(args, v)
			}
			return c.Exec(ix.Analyzer.Insert("temp.fresh", false), args...)
		})
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"INSERT INTO " + name + "(" + name + ") VALUES ('integrity-check')",
			"CREATE VIRTUAL TABLE temp.have USING fts5vocab (main, " + name + ", instance)",
			"CREATE VIRTUAL TABLE temp.want USING fts5vocab (temp, fresh, instance)",
		} {
			if err := c.Script(sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		for _, pair := range [][2]string{{"temp.have", "temp.want"}, {"temp.want", "temp.have"}} {
			n, _, err := c.Integer(fmt.Sprintf("SELECT count(*) FROM (SELECT term, doc, col, \"offset\" FROM %s EXCEPT SELECT term, doc, col, \"offset\" FROM %s)", pair[0], pair[1]))
			if err != nil || n != 0 {
				return fmt.Errorf("%d words of %s are not in %s: %w", n, pair[0], pair[1], err)
			}
		}
		n, _, err := c.Integer("SELECT (SELECT count(*) FROM " + name + "_docsize) - (SELECT count(*) FROM " + schema.TableName(id) + ")")
		if err == nil && n != 0 {
			err = fmt.Errorf("%d more texts than rows", n)
		}
		return errors.Join(err, c.Script("DROP TABLE temp.have"), c.Script("DROP TABLE temp.want"), c.Script("DROP TABLE temp.fresh"))
	}})
}

// RepairAfter is Verify with repair that calls between after it has looked at everything.
func (s *Store) RepairAfter(ctx context.Context, between func()) (domain.Report, error) {
	report, issues, err := s.inspect(ctx)
	if err != nil {
		return domain.Report{}, err
	}
	between()
	err = s.repair(ctx, issues, nil)
	for _, f := range issues {
		report.Findings = append(report.Findings, f.Finding)
	}
	return report, err
}
