package conn

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
)

// SmallestFile is the size of the smallest SQLite database that is not empty.
const SmallestFile = 512

// Role says what a connection is for.
type Role uint8

// The roles of connections.
const (
	Writing Role = iota
	Reading
	Copying // reads the whole file once
)

// Location is where the data file is.
type Location struct {
	Path   string // "" in memory
	given  string // as it was asked for, perhaps through links
	memory string // name of the shared memory database, if Path is ""
	sealed sealed
}

// Locate resolves path, and makes its directory.
func Locate(path string) (Location, error) {
	if path == "" {
		var name [16]byte
		if _, err := rand.Read(name[:]); err != nil {
			return Location{}, err
		}
		return Location{memory: "/memista-" + hex.EncodeToString(name[:])}, nil
	}
	given, err := datafile.Abs(path)
	if err != nil {
		return Location{}, err
	}
	dir, _ := filepath.Split(given) // not cleaned: dots behind a link mean its target's directory
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Location{}, fmt.Errorf("directory of the data file: %w", err)
	}
	path, err = datafile.Resolve(given)
	if err != nil {
		return Location{}, err
	}
	at := Location{Path: path, given: given}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at, nil
	case err != nil:
		return Location{}, err
	case !info.Mode().IsRegular():
		return Location{}, domain.Errorf(domain.ErrForeignFile, "%s is not a regular file", path)
	case info.Size() > 0 && info.Size() < SmallestFile: // SQLite would take it for empty
		return Location{}, NotOurs(path)
	}
	return at, nil
}

// NotOurs is the error for a file that is not a database at all.
func NotOurs(path string) error {
	return domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file: choose another path, or move it away", path)
}

// InMemory reports whether there is no file.
func (l Location) InMemory() bool { return l.Path == "" }

// Name is how the data file is called in messages.
func (l Location) Name() string {
	if l.InMemory() {
		return "in memory"
	}
	return l.Path
}

// IsAt reports whether the file that was opened is still at l, by both its names.
func (l Location) IsAt(opened os.FileInfo) bool {
	leads := func(path string) bool {
		now, err := os.Stat(path)
		return err == nil && os.SameFile(opened, now)
	}
	return leads(l.Path) && (l.given == l.Path || leads(l.given))
}

// URI returns the name under which SQLite opens the file for r. Characters that have a
// meaning in a URI are escaped in the path.
func (l Location) URI(r Role) string {
	if l.InMemory() {
		return "file:" + l.memory + "?vfs=memdb"
	}
	mode := "rwc"
	if r != Writing {
		mode = "ro"
	}
	return "file:" + escape(l.Path) + "?mode=" + mode + l.sealed.parameters()
}

// Sibling returns the name under which a connection to l opens the file at path. SQLite
// would look for it in memory, too, if the database is there.
func (l Location) Sibling(path string) string {
	if !l.InMemory() {
		return path
	}
	vfs := "unix"
	if runtime.GOOS == "windows" {
		vfs = "win32"
	}
	return "file:" + escape(path) + "?vfs=" + vfs
}

// escape returns a path as it is written in a URI.
func escape(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	return (&url.URL{Path: path}).EscapedPath()
}
