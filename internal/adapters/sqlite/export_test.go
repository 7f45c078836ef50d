package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"time"
)

// PageSize is the page size of new files.
const PageSize = pageSize

// WithPageSize makes new files with pages of n bytes.
func (o Options) WithPageSize(n int) *Options { o.pageSize = n; return &o }

// WithMigrations opens with other steps of the schema.
func (o Options) WithMigrations(steps ...string) *Options { o.migrations = steps; return &o }

// WithPause sets how long writes are refused after a disk fault.
func (o Options) WithPause(d time.Duration) *Options { o.pause = d; return &o }

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

// Queued is how many requests wait for the writer.
func (s *Store) Queued() int { return len(s.writer.queue) }

// EncodeIDs and DecodeIDs are the lists of the change log.
var (
	EncodeIDs = encodeIDs
	DecodeIDs = decodeIDs
)
