package sqlite

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
)

// oldestLibrary is the first SQLite without the bug that lost the write-ahead log when
// it was reset at an unlucky moment (3.7.0 to 3.51.2).
var oldestLibrary = [3]int{3, 51, 3}

// busyTimeout is how long a connection waits for a lock that another program, such as a
// backup or the sqlite3 shell, holds; in milliseconds.
const busyTimeout = 5000

// smallestFile is the size of the smallest SQLite database that is not empty.
const smallestFile = 512

// role says what a connection is for.
type role uint8

const (
	writing role = iota
	reading
	copying // reads the whole file once
)

// location is where a store keeps its file.
type location struct {
	path   string // "" in memory
	given  string // how it was asked for, perhaps through links
	memory string // name of the shared memory database, if path is ""
	sealed sealed
}

// locate resolves path, and makes its directory.
func locate(path string) (location, error) {
	if path == "" {
		var name [16]byte
		if _, err := rand.Read(name[:]); err != nil {
			return location{}, err
		}
		return location{memory: "/memista-" + hex.EncodeToString(name[:])}, nil
	}
	given, err := datafile.Abs(path)
	if err != nil {
		return location{}, err
	}
	dir, _ := filepath.Split(given) // not cleaned: dots behind a link mean its target's directory
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return location{}, fmt.Errorf("directory of the data file: %w", err)
	}
	path, err = datafile.Resolve(given)
	if err != nil {
		return location{}, err
	}
	at := location{path: path, given: given}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at, nil
	case err != nil:
		return location{}, err
	case !info.Mode().IsRegular():
		return location{}, domain.Errorf(domain.ErrForeignFile, "%s is not a regular file", path)
	case info.Size() > 0 && info.Size() < smallestFile: // SQLite would take it for empty
		return location{}, notOurs(path)
	}
	return at, nil
}

// notOurs is the error for a file that is not a database at all.
func notOurs(path string) error {
	return domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file: choose another DATABASE_PATH, or move it away", path)
}

// uri returns the name under which SQLite opens the file for r. All that means something
// in a URI is escaped in the path.
func (l location) uri(r role) string {
	if l.path == "" {
		return "file:" + l.memory + "?vfs=memdb"
	}
	mode := "rwc"
	if r != writing {
		mode = "ro"
	}
	path := filepath.ToSlash(l.path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=" + mode + l.sealed.parameters()
}

// openConn opens a connection and sets what SQLite keeps per connection.
func (s *Store) openConn(r role) (*conn, error) {
	c, err := s.options.driver(s.at.uri(r))
	if err != nil {
		return nil, err
	}
	made := newConn(c)
	if err := s.configure(made, r); err != nil {
		return nil, errors.Join(err, made.close())
	}
	return made, nil
}

func (s *Store) configure(c *conn, r role) error {
	settings := []string{
		"busy_timeout = " + strconv.Itoa(busyTimeout),
		"mmap_size = 0", // a failed read would be a SIGBUS instead of an error
		"temp_store = MEMORY",
		"trusted_schema = OFF",
		"cache_size = -" + strconv.Itoa(s.options.cacheKiB(r)),
	}
	if s.at.sealed == withLog { // before the log is looked at: then its index is in memory
		settings = append([]string{"locking_mode = EXCLUSIVE"}, settings...)
	}
	if r == reading {
		settings = append(settings, "query_only = ON")
	}
	if r == writing && s.options.SecureDelete {
		settings = append(settings, "secure_delete = ON")
	}
	for _, setting := range settings {
		if err := c.query("PRAGMA "+setting, nil); err != nil {
			return err
		}
	}
	return nil
}

// prepareFile makes a new file, or checks and migrates an old one, through the writer's
// connection.
func (s *Store) prepareFile(c *conn) error {
	version, err := identify(c, s.at.path, int64(len(s.options.migrations)))
	if err != nil {
		return err
	}
	if version == 0 { // before the first table, and before WAL
		if err := c.query("PRAGMA page_size = "+strconv.Itoa(s.options.pageSize), nil); err != nil {
			return err
		}
		if err := c.query("PRAGMA auto_vacuum = INCREMENTAL", nil); err != nil {
			return err
		}
	}
	if err := s.durable(c); err != nil {
		return err
	}
	if err := migrate(c, version, s.options.migrations); err != nil {
		return err
	}
	return reviewTexts(c)
}

// durable switches the connection to the write-ahead log and the wanted durability, and
// checks that it is so. A store in memory has neither.
func (s *Store) durable(c *conn) error {
	if s.at.path == "" {
		return nil
	}
	if mode, err := c.text("PRAGMA journal_mode = WAL"); err != nil || mode != "wal" {
		return errors.Join(fmt.Errorf("journal mode is %q, not wal", mode), err)
	}
	// Checkpoints are made by the writer between transactions, after the waiters of a
	// commit have been told, and not by SQLite inside the commit.
	if err := c.query("PRAGMA wal_autocheckpoint = 0", nil); err != nil {
		return err
	}
	want := s.options.synchronous()
	if err := c.query("PRAGMA synchronous = "+strconv.FormatInt(want, 10), nil); err != nil {
		return err
	}
	got, _, err := c.integer("PRAGMA synchronous")
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("PRAGMA synchronous is %d, not %d", got, want)
	}
	return nil
}

// checkLibrary refuses a SQLite that is known to lose data.
func checkLibrary(version string) error {
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

// text returns the one text that a statement yields.
func (c *conn) text(sql string) (t string, err error) {
	err = c.query(sql, func(row []driver.Value) error {
		t, _ = row[0].(string)
		return nil
	})
	return t, err
}
