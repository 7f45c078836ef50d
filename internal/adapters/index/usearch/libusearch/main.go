// Command libusearch builds the USearch library that the build tag "usearch" links, and
// prints what the go command must have in its environment to find it:
//
//	env $(go run ./internal/adapters/index/usearch/libusearch) go build -tags usearch ./cmd/memista
//
// The sources come from the official npm package, pinned by version and hash. They are
// compiled once to a static archive in the user's cache directory (MEMISTA_CACHE, else
// the system's); later runs only print. To link a USearch of the same version that is
// installed already, name its prefix (holding include/ and lib/) in MEMISTA_USEARCH_ROOT.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/memista/memista/internal/adapters/npm"
)

func main() {
	sanitize := flag.Bool("sanitize", false, "build with the address and undefined-behaviour sanitizers")
	dir := flag.Bool("dir", false, "print the directory of the library instead of the environment")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *sanitize, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "libusearch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sanitize, dir bool) error {
	lib, err := locate(ctx, sanitize)
	if err != nil {
		return err
	}
	if strings.ContainsAny(lib.dir, " \t\n'\"$") {
		return fmt.Errorf("the path %q has blanks or quotes in it, which the go command cannot pass on: set MEMISTA_CACHE to another directory", lib.dir)
	}
	if dir {
		fmt.Println(lib.dir)
		return nil
	}
	script := filepath.Join(lib.dir, "pkg-config")
	if err := writeScript(script, lib); err != nil {
		return err
	}
	fmt.Println("PKG_CONFIG=" + script)
	if lib.system {
		// The go command does not look at what pkg-config says when it judges whether a
		// cached object is still good; a flag in the environment it does look at.
		fmt.Println("CGO_CPPFLAGS=-DMEMISTA_SYSTEM_USEARCH")
	}
	return nil
}

// library is what to compile and link against.
type library struct {
	dir    string // where the archive and the script are
	cflags []string
	libs   []string
	system bool // an installed one
}

func locate(ctx context.Context, sanitize bool) (library, error) {
	cache, err := npm.CacheDir()
	if err != nil {
		return library{}, err
	}
	if root := os.Getenv("MEMISTA_USEARCH_ROOT"); root != "" {
		return installed(root, cache)
	}
	return built(ctx, cache, sanitize)
}

// installed describes the USearch under prefix root, if it is of the right version.
func installed(root, cache string) (library, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return library{}, err
	}
	header, err := os.ReadFile(filepath.Join(root, "include", "usearch", "index.hpp"))
	if err != nil {
		return library{}, fmt.Errorf("MEMISTA_USEARCH_ROOT names no USearch: %w", err)
	}
	if v := headerVersion(string(header)); v != usearch.Version {
		return library{}, fmt.Errorf("USearch in %s is version %s; want %s", root, v, usearch.Version)
	}
	archive, err := findLibrary(root)
	if err != nil {
		return library{}, err
	}
	dir := filepath.Join(cache, "usearch", "system")
	return library{
		dir:    dir,
		cflags: []string{"-I" + filepath.Join(root, "include")},
		libs:   append([]string{archive}, linkFlags(false)...),
		system: true,
	}, os.MkdirAll(dir, 0o755)
}

func findLibrary(root string) (string, error) {
	for _, name := range []string{"libusearch_static_c.a", "libusearch_c.a", "libusearch_c.so", "libusearch_c.dylib"} {
		path := filepath.Join(root, "lib", name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no libusearch_static_c.a, libusearch_c.a or libusearch_c.so in %s", filepath.Join(root, "lib"))
}

// headerVersion reads the version out of usearch/index.hpp.
func headerVersion(header string) string {
	var parts []string
	for _, name := range []string{"MAJOR", "MINOR", "PATCH"} {
		_, rest, _ := strings.Cut(header, "#define USEARCH_VERSION_"+name+" ")
		line, _, _ := strings.Cut(rest, "\n")
		parts = append(parts, strings.TrimSpace(line))
	}
	return strings.Join(parts, ".")
}

// writeScript writes a stand-in for pkg-config that answers for our library only, so
// that no other package is compiled with other flags than usual.
func writeScript(path string, lib library) error {
	script := fmt.Sprintf(`#!/bin/sh
for arg; do
	case $arg in
	--cflags) echo '%s'; exit ;;
	--libs) echo '%s'; exit ;;
	esac
done
exit 1
`, strings.Join(lib.cflags, " "), strings.Join(lib.libs, " "))
	if old, err := os.ReadFile(path); err == nil && string(old) == script {
		return nil
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, []byte(script), 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
