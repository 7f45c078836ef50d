// Package nodetest is for tests that run programs of others with Node.js. Their packages
// stand in testdata/package.json and testdata/package-lock.json of the test.
package nodetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/npm"
)

// Start skips the test unless the variable called enabled is set: it fetches packages, and
// who sets it wants it to run, so that a missing program fails it. The context ends in
// time for the cleanup before a test run does.
func Start(t *testing.T, enabled string) context.Context {
	t.Helper()
	if os.Getenv(enabled) == "" {
		t.Skipf("set %s=1, or run the make target: this fetches packages", enabled)
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is not installed: install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// Packages returns the directory node_modules with the packages of the lock file, each what
// its hash there says. They are fetched once, then kept in the cache under the given name.
// Settings of npm may stand in testdata/.npmrc.
func Packages(ctx context.Context, t *testing.T, name string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join("testdata", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := npm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, name, fmt.Sprintf("%x", sha256.Sum256(lock))[:12])
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// Aside first, so that a test that is cut off leaves nothing that is not whole.
	aside, err := os.MkdirTemp(filepath.Dir(dir), "making-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	Copy(t, aside, "package.json", "package-lock.json")
	if _, err := os.Stat(filepath.Join("testdata", ".npmrc")); err == nil {
		Copy(t, aside, ".npmrc")
	}
	if err := Run(ctx, aside, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}

// Copy copies files of testdata to a directory.
func Copy(t *testing.T, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Run runs a program in dir, and returns what it printed with its error.
func Run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", name, args, err, out)
	}
	return nil
}
