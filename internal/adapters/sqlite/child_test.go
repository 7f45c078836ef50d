package sqlite_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// childRole names what a child process does in place of the tests; its other arguments
// are in childPath.
const (
	childRole = "MEMISTA_TEST_CHILD"
	childPath = "MEMISTA_TEST_PATH"
)

// children are what this test binary does when it is started again by a test.
var children = map[string]func(path string) error{
	"hold":        holdFile,
	"collections": makeCollections,
	"insert":      func(path string) error { return insertForever(path, nil, domain.Settings{}) },
	"insert sparse": func(path string) error {
		names, err := domain.NewSparseNames(map[string]domain.SparseModifier{"a": "", "b": ""})
		if err != nil {
			return err
		}
		return insertForever(path, nil, domain.Settings{Sparse: names})
	},
	"insert named": func(path string) error {
		return insertForever(path, nil, domain.Settings{Vectors: titleAndBody()})
	},
	"insert texts": func(path string) error {
		return insertForever(path, sqlite.Options{}.WithFullText(), domain.Settings{FullText: domain.Words})
	},
}

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := children[role](os.Getenv(childPath)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// startChild starts this binary again in a role; the lines that it prints can be read.
func startChild(t *testing.T, role, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out)
}

// line reads the next line of a child.
func line(t *testing.T, from *bufio.Scanner) string {
	t.Helper()
	if !from.Scan() {
		t.Fatalf("the child has ended: %v", from.Err())
	}
	if text := from.Text(); strings.HasPrefix(text, "error:") {
		t.Fatalf("the child says: %s", text)
	}
	return from.Text()
}

// holdFile opens the store and waits to be killed.
func holdFile(path string) error {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	select {}
}
