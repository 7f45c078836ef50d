package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/memista/memista/internal/adapters/npm"
)

// Version is the release of Weaviate that tests and benchmarks run.
const Version = "1.35.2"

// envBinary names a program of Weaviate that Binary returns before all others.
const envBinary = "MEMISTA_WEAVIATE"

// program is what go install calls it.
const program = "weaviate-server"

// ErrNoBinary is that no program of Weaviate is on this machine.
var ErrNoBinary = errors.New("no " + program + " on this machine: make cluster builds it, or set " + envBinary)

// Binary returns the path of Weaviate's program: the one that MEMISTA_WEAVIATE names, the
// one that Install has built, or one on PATH or in GOPATH/bin. If there is none the error is
// ErrNoBinary.
func Binary() (string, error) {
	if path := os.Getenv(envBinary); path != "" {
		_, err := os.Stat(path)
		return path, err
	}
	if dir, err := cacheDir(); err == nil {
		if path := filepath.Join(dir, program); isFile(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	if home, err := os.UserHomeDir(); err == nil {
		if path := filepath.Join(home, "go", "bin", program); isFile(path) {
			return path, nil
		}
	}
	return "", ErrNoBinary
}

// Install returns what Binary does, and builds the program into the cache directory if there
// is none: that takes some minutes and fetches its modules.
func Install(ctx context.Context) (string, error) {
	path, err := Binary()
	if !errors.Is(err, ErrNoBinary) {
		return path, err
	}
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	fmt.Fprintln(os.Stderr, "building Weaviate "+Version+", once; this takes some minutes")
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/weaviate/weaviate/cmd/"+program+"@v"+Version)
	cmd.Dir = os.TempDir() // outside of this module
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return filepath.Join(dir, program), cmd.Run()
}

func cacheDir() (string, error) {
	cache, err := npm.CacheDir()
	return filepath.Join(cache, "bin", "weaviate-"+Version), err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
