// Command fetch brings the programs behind the documentation pages from their official
// npm packages, each pinned by version and hash, and writes what the pages load,
// compressed, into the directory that is its argument. See package docs.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/memista/memista/internal/adapters/npm"
)

// source is a file of a package.
type source struct {
	pack npm.Package
	file string // in the package
	name string // as the pages load it
	// Of Redoc one address is replaced: that of a logo, which the page would load from
	// another machine.
	replace, by string
}

var (
	swagger = npm.Package{Name: "swagger-ui-dist", Version: "5.35.0",
		Integrity: "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ=="}
	redoc = npm.Package{Name: "redoc", Version: "2.5.4",
		Integrity: "sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ=="}
	rapidoc = npm.Package{Name: "rapidoc", Version: "9.3.8",
		Integrity: "sha512-eCYEbr1Xr8OJZvVCw8SXl9zBCRoLJbhNGuG5IZTHq/RWAOq/O4MafUCuFEyZHsrhLrlUcGZMa64pyhpib8fQKQ=="}
	scalar = npm.Package{Name: "@scalar/api-reference", Version: "1.72.1",
		Integrity: "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow=="}
)

var sources = []source{
	{pack: swagger, file: "swagger-ui-bundle.js", name: "swagger-ui-bundle.js"},
	{pack: swagger, file: "swagger-ui.css", name: "swagger-ui.css"},
	{pack: redoc, file: "bundles/redoc.standalone.js", name: "redoc.standalone.js",
		replace: "https://cdn.redoc.ly/redoc/logo-mini.svg", by: "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E"},
	{pack: rapidoc, file: "dist/rapidoc-min.js", name: "rapidoc-min.js"},
	{pack: scalar, file: "dist/browser/standalone.js", name: "scalar.standalone.js"},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("the directory to write into is needed")
	}
	cache, err := npm.CacheDir()
	if err != nil {
		return err
	}
	for _, s := range sources {
		dir, err := s.pack.Fetch(ctx, cache)
		if err != nil {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(s.file)))
		if err != nil {
			return err
		}
		if s.replace != "" {
			if n := bytes.Count(raw, []byte(s.replace)); n != 1 {
				return fmt.Errorf("%s of %s names %s %d times; want once", s.file, s.pack.Name, s.replace, n)
			}
			raw = bytes.Replace(raw, []byte(s.replace), []byte(s.by), 1)
		}
		zipped, err := compress(raw)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(args[0], s.name+".gz"), zipped, 0o644); err != nil {
			return err
		}
		fmt.Printf("%-24s %s@%s, %d KB, %d KB compressed\n", s.name, s.pack.Name, s.pack.Version, len(raw)/1000, len(zipped)/1000)
	}
	return nil
}

// compress returns raw compressed; the same bytes give the same bytes.
func compress(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
