package pull

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// What an archive may have: that of a model has some ten files, and one licence.
const (
	maxEntries = 10_000
	maxNotices = 16
)

// archive brings an archive, compares its hash, and then unpacks it.
func (o *origin) archive(dir string) error {
	content, _, err := o.open("")
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	temporary := filepath.Join(dir, "archive.part")
	sum := sha256.New()
	if _, err := save(o.ctx, temporary, io.TeeReader(content, sum), o.Limit); err != nil {
		return err
	}
	if err := o.check(sum.Sum(nil)); err != nil {
		return err
	}
	f, err := os.Open(temporary)
	if err != nil {
		return err
	}
	err = unpack(o.ctx, f, dir, o.Limit)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Remove(temporary)
}

// unpack writes the files of a model that are in an archive, which must all lie in one folder
// of it, and takes no notice of others beside them. It reads and writes at most limit bytes.
func unpack(ctx context.Context, archive io.Reader, dir string, limit int64) error {
	content, err := unzipped(withContext{ctx, archive})
	if err != nil {
		return err
	}
	// Files that are passed over count too: a small archive can unpack to anything.
	bounded := &bound{content, limit}
	entries := tar.NewReader(bounded)
	folder, found := "", []string(nil)
	licences := map[string][]byte{} // by path: whose folder is the model's shows at the end
	for n := 0; ; n++ {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		if n == maxEntries {
			return domain.Errorf(domain.ErrTooLarge, "the archive has more than %d files", maxEntries)
		}
		in, name := path.Split(strings.TrimPrefix(h.Name, "./"))
		if err := checkPath(h.Name); err != nil {
			return err
		}
		if !slices.Contains(needed, name) && !slices.Contains(notices, name) {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			return domain.Errorf(domain.ErrInvalid, "%s in the archive is a link or the like, not a file", name)
		}
		if !slices.Contains(needed, name) {
			if len(licences) < maxNotices {
				licences[in+name], err = io.ReadAll(io.LimitReader(entries, maxNotice))
			}
		} else if found != nil && in != folder {
			return domain.Errorf(domain.ErrInvalid, "the archive has files of a model in two folders, %q and %q", folder, in)
		} else {
			folder, found = in, append(found, name)
			_, err = save(ctx, filepath.Join(dir, name), entries, limit)
		}
		if errors.Is(err, os.ErrExist) {
			return domain.Errorf(domain.ErrInvalid, "the archive has %s twice", name)
		}
		if err != nil {
			return damaged(err)
		}
	}
	if len(found) != len(needed) {
		return domain.Errorf(domain.ErrInvalid, "the archive has %q; a model has %q", found, needed)
	}
	for _, name := range notices {
		if text, ok := licences[folder+name]; ok {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPath refuses a path that leads out of a folder.
func checkPath(name string) error {
	if name == "" || path.IsAbs(name) || strings.ContainsAny(name, "\\:\x00") || slices.Contains(strings.Split(name, "/"), "..") {
		return domain.Errorf(domain.ErrInvalid, "the archive has a file %q, which leads out of its folder", name)
	}
	return nil
}

// unzipped returns the content of an archive that may be compressed by gzip.
func unzipped(archive io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(archive)
	if magic, _ := buffered.Peek(2); len(magic) < 2 || magic[0] != 0x1F || magic[1] != 0x8B {
		return buffered, nil
	}
	content, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, damaged(err)
	}
	return content, nil
}

func damaged(err error) error {
	if _, ok := errors.AsType[*domain.Error](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return domain.Errorf(domain.ErrCorrupt, "the archive is damaged, or no tar archive: %v", err)
}

// bound fails when more has been read than there may be.
type bound struct {
	io.Reader
	left int64
}

func (b *bound) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, domain.Errorf(domain.ErrTooLarge, "the archive unpacks to more than there may be")
	}
	return n, err
}
