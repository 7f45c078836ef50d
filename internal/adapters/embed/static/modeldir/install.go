package modeldir

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
)

// unfinished begins the names of folders that are being filled. None is that of a model.
const unfinished = ".unfinished-"

// staleAfter is how old a folder must be for whoever filled it to be gone for sure.
const staleAfter = 24 * time.Hour

// Install makes the model called name. fill writes its files into an empty folder, which
// becomes the model when all of them are there, it opens and it is on disk, with their hashes:
// at no moment is there half a model. source is where it is from, for List. A name that is
// taken is ErrConflict; the model that has it stays as it is.
func (d *Dir) Install(name, source string, fill func(dir string) error) (Info, error) {
	if err := CheckName(name); err != nil {
		return Info{}, err
	}
	target := filepath.Join(d.path, name)
	if err := diskfile.CheckFree(target); err != nil {
		return Info{}, err
	}
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return Info{}, err
	}
	d.sweep()
	dir, err := os.MkdirTemp(d.path, unfinished)
	if err != nil {
		return Info{}, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return Info{}, err
	}
	if err := fill(dir); err != nil {
		return Info{}, err
	}
	m, err := inspect(dir, source)
	if err != nil {
		return Info{}, domain.At(err, "what was brought is not a model that can be used")
	}
	if err := m.write(dir); err != nil {
		return Info{}, err
	}
	if err := syncAll(dir); err != nil {
		return Info{}, err
	}
	if err := os.Rename(dir, target); err != nil {
		if taken := diskfile.CheckFree(target); taken != nil {
			return Info{}, taken // another one was faster
		}
		return Info{}, err
	}
	if err := diskfile.SyncDir(d.path); err != nil {
		return Info{}, err
	}
	return d.describe(name)
}

// syncAll brings the files of a folder to the disk.
func syncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		f, err := os.OpenFile(filepath.Join(dir, entry.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		err = f.Sync()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return diskfile.SyncDir(dir)
}

// sweep removes what processes that were killed have left.
func (d *Dir) sweep() {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), unfinished) && time.Since(info.ModTime()) > staleAfter {
			os.RemoveAll(filepath.Join(d.path, e.Name()))
		}
	}
}
