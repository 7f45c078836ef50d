package conn

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// oldestLibrary is the first SQLite without the bug that lost the write-ahead log when
// it was reset at an unlucky moment (3.7.0 to 3.51.2).
var oldestLibrary = [3]int{3, 51, 3}

// BusyTimeout is how long a connection waits for a lock that another program, such as a
// backup or the sqlite3 shell, holds; in milliseconds.
const BusyTimeout = 5000

// Settings are what connections are opened with.
type Settings struct {
	Driver         func(uri string) (driver.Conn, error)
	WriterCacheKiB int
	ReaderCacheKiB int
	SecureDelete   bool
	Synchronous    int64 // the value of the pragma
}

// File is the data file, or a database in memory, and how connections to it are opened.
type File struct {
	Location
	Settings
}

// Syncs reports whether a commit waits for an fsync.
func (f *File) Syncs() bool { return !f.InMemory() && f.Synchronous == 2 }

// Open opens a connection and sets what SQLite keeps per connection.
func (f *File) Open(r Role) (*Conn, error) {
	raw, err := f.Driver(f.URI(r))
	if err != nil {
		return nil, err
	}
	c := New(raw)
	if err := f.Configure(c, r); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Configure sets what SQLite keeps per connection.
func (f *File) Configure(c *Conn, r Role) error {
	cache := f.ReaderCacheKiB
	if r == Writing {
		cache = f.WriterCacheKiB
	}
	settings := []string{
		"busy_timeout = " + strconv.Itoa(BusyTimeout),
		"mmap_size = 0", // a failed read would be a SIGBUS instead of an error
		"temp_store = MEMORY",
		"trusted_schema = OFF",
		"cache_size = -" + strconv.Itoa(cache),
	}
	if f.sealed == withLog { // before the log is looked at: then its index is in memory
		settings = append([]string{"locking_mode = EXCLUSIVE"}, settings...)
	}
	if r == Reading {
		settings = append(settings, "query_only = ON")
	}
	if r == Writing && f.SecureDelete {
		settings = append(settings, "secure_delete = ON")
	}
	for _, setting := range settings {
		if err := c.Query("PRAGMA "+setting, nil); err != nil {
			return err
		}
	}
	return nil
}

// MakeDurable switches the connection to the write-ahead log and the wanted durability,
// and checks that it is so. A database in memory has neither.
func (f *File) MakeDurable(c *Conn) error {
	if f.InMemory() {
		return nil
	}
	if mode, err := c.Text("PRAGMA journal_mode = WAL"); err != nil || mode != "wal" {
		return errors.Join(fmt.Errorf("journal mode is %q, not wal", mode), err)
	}
	// Checkpoints are made by the writer between transactions, after the waiters of a
	// commit have been notified, and not by SQLite inside the commit.
	if err := c.Query("PRAGMA wal_autocheckpoint = 0", nil); err != nil {
		return err
	}
	if err := c.Query("PRAGMA synchronous = "+strconv.FormatInt(f.Synchronous, 10), nil); err != nil {
		return err
	}
	got, _, err := c.Integer("PRAGMA synchronous")
	if err != nil {
		return err
	}
	if got != f.Synchronous {
		return fmt.Errorf("PRAGMA synchronous is %d, not %d", got, f.Synchronous)
	}
	return nil
}

// CheckLibrary refuses a SQLite that is known to lose data.
func CheckLibrary(version string) error {
	parts := strings.SplitN(version, ".", 3)
	for i := range oldestLibrary {
		n := 0
		if i < len(parts) {
			n, _ = strconv.Atoi(parts[i]) // an unknown form counts as too old
		}
		if n != oldestLibrary[i] {
			if n > oldestLibrary[i] {
				return nil
			}
			return fmt.Errorf("SQLite %s can lose the write-ahead log, 3.51.3 or newer is needed: %w", version, domain.ErrUnsupported)
		}
	}
	return nil
}
