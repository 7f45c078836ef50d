package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// PageSize is the page size of new files.
const PageSize = pageSize

// WithPageSize makes new files with pages of n bytes.
func (o Options) WithPageSize(n int) *Options { o.pageSize = n; return &o }

// WithMigrations opens with other steps of the schema.
func (o Options) WithMigrations(steps ...string) *Options { o.migrations = steps; return &o }

// WithPause sets how long writes are refused after a disk fault.
func (o Options) WithPause(d time.Duration) *Options { o.pause = d; return &o }

// WithIdle sets how long nothing must have been written before the writer keeps house.
func (o Options) WithIdle(d time.Duration) *Options { o.idle = d; return &o }

// WithRoom has every file system seem to have so much room left.
func (o Options) WithRoom(bytes int64) *Options {
	o.room = func(string) (int64, bool) { return bytes, true }
	return &o
}

// Migrations returns the steps of the schema.
func Migrations() []string { return migrations[:] }

// CheckLibrary exports checkLibrary.
var CheckLibrary = checkLibrary

// OnWriter runs a script on the writer's connection, between two transactions.
func (s *Store) OnWriter(script string) error {
	return s.do(context.Background(), &request{run: func(c *conn) error {
		return c.query(script, nil)
	}})
}

// Integers returns an integer as each connection sees it: the writer's first.
func (s *Store) Integers(sql string) ([]int64, error) {
	var out []int64
	err := s.do(context.Background(), &request{run: func(c *conn) error {
		n, _, err := c.integer(sql)
		out = append(out, n)
		return err
	}})
	for i := 0; i < s.options.Readers && err == nil; i++ {
		c := <-s.readers // the next one comes first the next time
		var n int64
		n, _, err = c.integer(sql)
		out = append(out, n)
		s.readers <- c
	}
	return out, err
}

// Text returns the texts that a statement yields on a reader, joined by line breaks.
func (s *Store) Text(sql string) (string, error) {
	var lines []string
	err := s.read(context.Background(), func(c *conn) error {
		return c.query(sql, func(row []driver.Value) error {
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
	at, err := locate(path)
	if err != nil {
		return err
	}
	c, err := openDriver(at.uri(writing))
	if err != nil {
		return err
	}
	raw := newConn(c)
	return errors.Join(raw.script(sql), raw.close())
}

// Staying is how many readers stay at a moment of their own.
func (s *Store) Staying() int {
	s.moments.mu.Lock()
	defer s.moments.mu.Unlock()
	return s.moments.staying
}

// Release tells all readers to leave their moments.
func (s *Store) Release() { s.release() }

// Queued is how many requests wait for the writer.
func (s *Store) Queued() int { return len(s.writer.queue) }

// EncodeIDs and DecodeIDs are the lists of the change log.
var (
	EncodeIDs = encodeIDs
	DecodeIDs = decodeIDs
)

// CheckText compares the text index of a database with one that is made of its rows, and
// lets FTS5 check it.
func (s *Store) CheckText(id string) error {
	return s.do(context.Background(), &request{run: func(c *conn) error {
		db, _, _, err := lookUp(c, id)
		if err != nil {
			return err
		}
		ix, err := searchedText(c, db)
		if err != nil {
			return err
		}
		name := ix.name()
		if err := c.script(ix.analyzer.Table("temp.fresh")); err != nil {
			return err
		}
		err = c.query("SELECT chunk_id, text FROM "+tableName(id), func(row []driver.Value) error {
			args := []any{row[0]}
			for _, v := range ix.analyzer.Values(row[1].(string)) {
				args = append(args, v)
			}
			return c.exec(ix.analyzer.Insert("temp.fresh", false), args...)
		})
		if err != nil {
			return err
		}
		for _, sql := range []string{
			"INSERT INTO " + name + "(" + name + ") VALUES ('integrity-check')",
			"CREATE VIRTUAL TABLE temp.have USING fts5vocab (main, " + name + ", instance)",
			"CREATE VIRTUAL TABLE temp.want USING fts5vocab (temp, fresh, instance)",
		} {
			if err := c.script(sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		for _, pair := range [][2]string{{"temp.have", "temp.want"}, {"temp.want", "temp.have"}} {
			n, _, err := c.integer(fmt.Sprintf("SELECT count(*) FROM (SELECT term, doc, col, \"offset\" FROM %s EXCEPT SELECT term, doc, col, \"offset\" FROM %s)", pair[0], pair[1]))
			if err != nil || n != 0 {
				return fmt.Errorf("%d words of %s are not in %s: %w", n, pair[0], pair[1], err)
			}
		}
		n, _, err := c.integer("SELECT (SELECT count(*) FROM " + name + "_docsize) - (SELECT count(*) FROM " + tableName(id) + ")")
		if err == nil && n != 0 {
			err = fmt.Errorf("%d more texts than rows", n)
		}
		return errors.Join(err, c.script("DROP TABLE temp.have"), c.script("DROP TABLE temp.want"), c.script("DROP TABLE temp.fresh"))
	}})
}

// MendAfter is Verify with repair that calls between after it has looked at everything.
func (s *Store) MendAfter(ctx context.Context, between func()) (domain.Report, error) {
	v, err := s.inspect(ctx)
	if err != nil {
		return domain.Report{}, err
	}
	between()
	err = s.mend(ctx, v.flaws, nil)
	for _, f := range v.flaws {
		v.report.Findings = append(v.report.Findings, f.Finding)
	}
	return v.report, err
}
