package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/adapters/npm"
)

// usearch is the package the library is made of. Its archive is what the hash says, so a
// build does not depend on what the registry answers on another day.
var usearch = npm.Package{
	Name:      "usearch",
	Version:   "2.26.2",
	Integrity: "sha512-jz4MKg09LFn6CP/fh9MwY7NV3qQUcXrQIt92LV7CMx44AEnGP1QenhHReua3ETqzgoIYcISJ+SsDoX0DOpFh9Q==",
}

// defines choose the vector kernels at run time. Without them, or without the probe
// header, USearch falls back to serial code and says nothing.
var defines = []string{"-DUSEARCH_USE_NUMKONG=1", "-DNK_DYNAMIC_DISPATCH=1", "-DNK_NATIVE_F16=0", "-DNK_NATIVE_BF16=0", "-DUSEARCH_USE_OPENMP=0"}

// common are the flags of every file. There is no -march=native, for the archive must run
// on other machines, and no -ffast-math, which would break the checks for NaN.
var common = []string{"-O3", "-DNDEBUG", "-fPIC", "-w"}

// sanitizers instrument lib.cpp, USearch itself; the kernels are left alone, for they
// read unaligned vectors on purpose.
var sanitizers = []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"}

type compiler struct {
	cc, cxx string
	src     string // the package's files
	out     string // where objects go
	probes  string // the probe header
	extra   []string
}

// built returns the library compiled from the pinned package, compiling it if no earlier
// run has.
func built(ctx context.Context, cache string, sanitize bool) (library, error) {
	c := compiler{cc: envOr("CC", "gcc"), cxx: envOr("CXX", "g++")}
	if sanitize {
		c.extra = sanitizers
	}
	version, err := exec.CommandContext(ctx, c.cxx, "--version").Output()
	if err != nil {
		return library{}, fmt.Errorf("a C++ compiler is needed to build USearch: install g++ (Debian: apt-get install g++) or name one in CXX: %w", err)
	}
	key := sha256.Sum256(fmt.Appendln(nil, usearch, defines, common, c.extra, runtime.GOARCH, c.cc, string(version)))
	dir := filepath.Join(cache, "usearch", fmt.Sprintf("%s-%x", usearch.Version, key[:6]))
	src := usearch.Dir(cache)
	lib := library{
		dir:    dir,
		cflags: append([]string{"-I" + filepath.Join(src, "c"), "-I" + filepath.Join(src, "include"), "-I" + filepath.Join(src, "numkong", "include")}, defines...),
		libs:   append([]string{filepath.Join(dir, "libusearch.a")}, linkFlags(sanitize)...),
	}
	if sanitize { // the kernels come from the plain library, behind ours
		plain, err := built(ctx, cache, false)
		if err != nil {
			return library{}, err
		}
		lib.libs = append(lib.libs[:1:1], append([]string{filepath.Join(plain.dir, "libusearch.a")}, linkFlags(true)...)...)
	}
	if _, err := os.Stat(filepath.Join(dir, "libusearch.a")); err == nil {
		return lib, nil
	}
	if c.src, err = usearch.Fetch(ctx, cache); err != nil {
		return library{}, err
	}
	fmt.Fprintf(os.Stderr, "compiling USearch %s to %s: a few minutes, once\n", usearch.Version, dir)
	return lib, c.archive(ctx, dir)
}

func linkFlags(sanitize bool) []string {
	if sanitize {
		return append([]string{"-lstdc++", "-lm", "-lpthread"}, sanitizers[0])
	}
	return []string{"-static-libstdc++", "-static-libgcc", "-lm", "-lpthread"}
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// archive compiles everything aside and renames it to dir when it is whole.
func (c *compiler) archive(ctx context.Context, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "compile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	c.out = tmp
	if err := c.writeProbes(ctx); err != nil {
		return err
	}
	objects, err := c.compileAll(ctx)
	if err != nil {
		return err
	}
	if err := c.run(ctx, "ar", append([]string{"rcs", filepath.Join(tmp, "libusearch.a")}, objects...)...); err != nil {
		return err
	}
	for _, o := range objects {
		os.Remove(o)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	err = os.Rename(tmp, dir)
	if _, statErr := os.Stat(filepath.Join(dir, "libusearch.a")); err != nil && statErr == nil {
		return nil // another process was faster
	}
	return err
}

func (c *compiler) compileAll(ctx context.Context) ([]string, error) {
	sources, err := filepath.Glob(filepath.Join(c.src, "numkong", "c", "*.c"))
	if err != nil || len(sources) == 0 {
		return nil, fmt.Errorf("no kernel sources in %s: the package is not whole, remove that directory and try again", c.src)
	}
	if c.extra != nil {
		sources = nil
	}
	objects := []string{filepath.Join(c.out, "lib.o")}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	g.Go(func() error {
		args := append([]string{"-std=c++17", "-I" + filepath.Join(c.src, "include"), "-I" + filepath.Join(c.src, "numkong", "include")}, c.extra...)
		return c.compile(ctx, c.cxx, filepath.Join(c.src, "c", "lib.cpp"), objects[0], args)
	})
	for _, s := range sources {
		o := filepath.Join(c.out, strings.TrimSuffix(filepath.Base(s), ".c")+".o")
		objects = append(objects, o)
		g.Go(func() error {
			args := []string{"-std=gnu11", "-I" + filepath.Join(c.src, "numkong", "include"), "-include", c.probes}
			return c.compile(ctx, c.cc, s, o, args)
		})
	}
	return objects, g.Wait()
}

func (c *compiler) compile(ctx context.Context, cc, source, object string, args []string) error {
	args = append(append(append([]string{"-c", source, "-o", object}, common...), defines...), args...)
	return c.run(ctx, cc, args...)
}

func (c *compiler) run(ctx context.Context, name string, args ...string) error {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %s: %w", name, strings.Join(args[:min(2, len(args))], " "), strings.TrimSpace(stderr.String()), err)
	}
	return nil
}
