// Package clitest runs command lines in tests, each test on a data file of its own.
package clitest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/service"
)

// Build is what `memista version` tells of the program under test.
var Build = service.ThisBuild("", "")

// Shell runs command lines in a directory and on a data file of their own.
type Shell struct {
	In string // the standard input

	t *testing.T
}

// New returns a shell, and makes its directory that of the process.
func New(t *testing.T) *Shell {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	t.Setenv("DATABASE_PATH", filepath.Join(t.TempDir(), "data", "memista.db"))
	return &Shell{t: t}
}

// Run returns the exit code and what was printed.
func (s *Shell) Run(args ...string) (code int, out, errOut string) {
	s.t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(s.t.Context(), Build, args, strings.NewReader(s.In), &o, &e)
	return code, o.String(), e.String()
}

// OK runs a command line that must succeed, and returns what was printed.
func (s *Shell) OK(args ...string) string {
	s.t.Helper()
	code, out, errOut := s.Run(args...)
	if code != cli.OK {
		s.t.Fatalf("memista %s = %d; stderr: %s", strings.Join(args, " "), code, errOut)
	}
	return out
}

// Fails runs a command line that must fail with code and say want.
func (s *Shell) Fails(code int, want string, args ...string) {
	s.t.Helper()
	got, out, errOut := s.Run(args...)
	if got != code || !strings.Contains(errOut, want) || out != "" {
		s.t.Errorf("memista %s = %d, %q, stderr %q; want %d and %q on stderr only", strings.Join(args, " "), got, out, errOut, code, want)
	}
}

// File writes a file in the directory, and returns its name.
func (s *Shell) File(name, content string) string {
	s.t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return name
}
