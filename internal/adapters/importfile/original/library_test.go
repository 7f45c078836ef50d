//go:build usearch && cgo

package original_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFilesOfTheLibrary reads directories whose index files the C library has made now,
// in several sizes and dimensions.
func TestFilesOfTheLibrary(t *testing.T) {
	program := compile(t)
	for _, size := range []struct{ n, dims int }{{0, 2}, {1, 2}, {2, 2}, {3000, 2}, {200, 7}} {
		t.Run(strconv.Itoa(size.n)+" vectors of "+strconv.Itoa(size.dims), func(t *testing.T) {
			dir, _ := database(t, size.n, "made")
			if out, err := exec.Command(program, filepath.Join(dir, "made.usearch"), strconv.Itoa(size.n), strconv.Itoa(size.dims)).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			got, _ := chunks(t, open(t, dir), "made")
			at := 0
			for id := 1; id <= size.n; id++ {
				if id == 3 && size.n >= 3 {
					continue
				}
				want := chunk(id, size.dims)
				if at >= len(got) || got[at].ID != want.ID || got[at].Text != want.Text || !equal(got[at].Embedding, want.Embedding) {
					t.Fatalf("chunk %d of %d differs; want %+v", at, len(got), want)
				}
				at++
			}
			if at != len(got) {
				t.Errorf("Chunks hands over %d; want %d", len(got), at)
			}
		})
	}
}

func equal(a, b []float32) bool {
	for i := range b {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return true
}

// compile builds testdata/make.c against the library of this build.
func compile(t *testing.T) string {
	t.Helper()
	tool := os.Getenv("PKG_CONFIG")
	if tool == "" {
		t.Skip("PKG_CONFIG does not name the library: run by `make test-usearch`")
	}
	flags := func(which string) []string {
		out, err := exec.Command(tool, which, "--", "memista-usearch").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	dir := t.TempDir()
	object, program := filepath.Join(dir, "make.o"), filepath.Join(dir, "make")
	run := func(name string, args ...string) {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	run("gcc", append([]string{"-c", filepath.Join("testdata", "make.c"), "-o", object}, flags("--cflags")...)...)
	run("g++", append([]string{object, "-o", program}, flags("--libs")...)...)
	return program
}
