package datafile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// maxLinks is how many links are followed before they count as going round in a circle.
const maxLinks = 40

// Resolve returns the absolute path, free of links, of the file that path leads to. The
// file need not be there, nor need the directory that path names; but where a link leads,
// the directory must be: it may be a disk that is not mounted.
func Resolve(path string) (string, error) {
	return resolve(path, "")
}

// resolve is Resolve for a path at which the link called from, if any, points.
func resolve(path, from string) (string, error) {
	for range maxLinks {
		dir, name, err := split(path)
		if err != nil {
			return "", err
		}
		parent, err := filepath.EvalSymlinks(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && from == "":
			return filepath.Join(dir, name), nil
		case errors.Is(err, fs.ErrNotExist):
			return "", domain.Errorf(domain.ErrNotFound, "%s is a link to %s, whose directory is not there: make it, or mount what holds it", from, path)
		case err != nil:
			return "", err
		}
		path = filepath.Join(parent, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = parent + string(filepath.Separator) + target
		}
		path, from = target, path
	}
	return "", fmt.Errorf("%s: too many links", from)
}

// split cuts an absolute path into its directory and the name in it. The path is not
// cleaned first: in "link/../name" the dots mean the directory above the link's target.
func split(path string) (dir, name string, err error) {
	path, err = Abs(path)
	if err != nil {
		return "", "", err
	}
	volume := len(filepath.VolumeName(path))
	for len(path) > volume+1 && os.IsPathSeparator(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	dir, name = filepath.Split(path)
	switch name {
	case "", ".", "..": // a directory, which is no data file
		dir, name = filepath.Split(filepath.Clean(path))
	}
	return dir, name, nil
}

// Abs returns path with the working directory before it, where it is relative, and
// nothing else changed.
func Abs(path string) (string, error) {
	if strings.ContainsRune(path, 0) {
		return "", domain.Errorf(domain.ErrInvalid, "the path of the data file contains a NUL byte")
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	if filepath.VolumeName(path) != "" || path != "" && os.IsPathSeparator(path[0]) { // Windows: relative to a drive
		return filepath.Abs(path)
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return wd + string(filepath.Separator) + path, nil
}
