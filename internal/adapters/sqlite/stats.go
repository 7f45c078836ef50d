package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/ports"
)

var _ ports.StatsProvider = (*Store)(nil)

// Stats describes the store as it is now.
func (s *Store) Stats() ports.RepositoryStats {
	out := s.writer.Stats()
	out.Pending = int(s.dropped.pending.Load())
	out.Driver, out.Library = Driver, LibraryVersion()
	if !s.file.InMemory() {
		out.WALBytes = fileSize(s.file.Path + "-wal")
		out.FileBytes = fileSize(s.file.Path)
	}
	return out
}

// fileSize asks for the size by name; the file is not opened.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Totals counts databases and chunks; see ports.StatsProvider.
func (s *Store) Totals(ctx context.Context) (databases, chunks int64, err error) {
	err = s.read(ctx, func(c *conn.Conn) error {
		return c.Query("SELECT count(*), coalesce(sum(chunks), 0) FROM databases", func(row []driver.Value) error {
			var ok [2]bool
			databases, ok[0] = row[0].(int64)
			chunks, ok[1] = row[1].(int64)
			if !ok[0] || !ok[1] {
				return fmt.Errorf("totals are a %T and a %T, not numbers", row[0], row[1])
			}
			return nil
		})
	})
	return databases, chunks, err
}
