//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstalledLibrary(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	t.Setenv("MEMISTA_USEARCH_ROOT", root)
	t.Setenv("MEMISTA_CACHE", cache)
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what, want string) {
		t.Helper()
		if _, err := locate(context.Background(), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("locate with %s = %v; want an error that says %q", what, err, want)
		}
	}
	refused("an empty directory", "names no USearch")
	const header = "#define USEARCH_VERSION_MAJOR 2\n#define USEARCH_VERSION_MINOR 26\n#define USEARCH_VERSION_PATCH %\n"
	write("include/usearch/index.hpp", strings.Replace(header, "%", "1", 1))
	refused("another version", "is version 2.26.1; want 2.26.2")
	write("include/usearch/index.hpp", strings.Replace(header, "%", "2", 1))
	refused("no library", "no libusearch")
	write("lib/libusearch_c.so", "")
	lib, err := locate(context.Background(), false)
	if err != nil || !lib.system {
		t.Fatalf("locate of an installed one = %+v, %v", lib, err)
	}
	if !strings.Contains(strings.Join(lib.libs, " "), filepath.Join(root, "lib", "libusearch_c.so")) {
		t.Errorf("libs = %v; want the library's path among them", lib.libs)
	}
}

func TestScriptAnswersAsPkgConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pkg-config")
	if err := writeScript(path, library{cflags: []string{"-I/a", "-DB=1"}, libs: []string{"/l/libusearch.a", "-lm"}}); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"--cflags": "-I/a -DB=1\n", "--libs": "/l/libusearch.a -lm\n"} {
		out, err := exec.Command(path, flag, "--", "memista-usearch").Output()
		if err != nil || string(out) != want {
			t.Errorf("pkg-config %s = %q, %v; want %q", flag, out, err, want)
		}
	}
	if err := exec.Command(path, "--modversion", "memista-usearch").Run(); err == nil {
		t.Error("pkg-config --modversion succeeds; want a failure, it knows nothing else")
	}
}

func TestNoCompiler(t *testing.T) {
	t.Setenv("CXX", filepath.Join(t.TempDir(), "missing"))
	if _, err := built(context.Background(), t.TempDir(), false); err == nil || !strings.Contains(err.Error(), "install g++") {
		t.Errorf("built without a compiler = %v; want a message that names g++", err)
	}
}
