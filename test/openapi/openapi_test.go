// Package openapi_test makes clients of the contract with generators of others, and
// compiles a use of each.
package openapi_test

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

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/npm"
)

// enabled names the variable that says that the test is meant: it fetches packages.
const enabled = "MEMISTA_OPENAPI_TEST"

// run runs a program in dir, and returns what it printed with its error.
func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", name, args, err, out)
	}
	return nil
}

// generators returns the directory that has the packages of testdata/package-lock.json
// installed, each what its hash there says. They are fetched once, then cached.
func generators(ctx context.Context, t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile("testdata/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := npm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "openapi", fmt.Sprintf("%x", sha256.Sum256(lock))[:12], "node_modules")
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	making := t.TempDir()
	copyAll(t, making, "package.json", "package-lock.json")
	if err := run(ctx, making, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Dir(dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	// Aside first, so that a test that is cut off leaves nothing that is not whole.
	aside, err := os.MkdirTemp(filepath.Dir(filepath.Dir(dir)), "making-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	if err := os.CopyFS(filepath.Join(aside, "node_modules"), os.DirFS(filepath.Join(making, "node_modules"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return dir
}

func copyAll(t *testing.T, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGeneratedClientsCompile(t *testing.T) {
	if os.Getenv(enabled) == "" {
		t.Skipf("set %s=1, or run make openapi-clients: this fetches packages", enabled)
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is not installed", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	packages := generators(ctx, t)
	for _, c := range []struct {
		name, use string
		command   []string
	}{
		{"openapi-typescript", "use-openapi-typescript.ts",
			[]string{"node_modules/openapi-typescript/bin/cli.js", "openapi.yaml", "--output", "openapi-typescript.ts"}},
		{"@hey-api/openapi-ts", "use-hey-api.ts",
			[]string{"node_modules/@hey-api/openapi-ts/bin/run.js", "--input", "openapi.yaml", "--output", "hey-api"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			copyAll(t, dir, "tsconfig.json", "package.json", c.use)
			if err := os.WriteFile(filepath.Join(dir, "openapi.yaml"), httpapi.OpenAPI(), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			if err := run(ctx, dir, "node", c.command...); err != nil {
				t.Fatal(err)
			}
			if err := run(ctx, dir, "node", "node_modules/typescript/bin/tsc", "--project", "."); err != nil {
				t.Error(err)
			}
		})
	}
}
