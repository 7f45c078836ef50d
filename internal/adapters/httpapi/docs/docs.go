package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"path"
	"sync"
)

//go:embed pages/*.html pages/*.js
var pages embed.FS

//go:embed assets/*.gz
var assets embed.FS

// Policy is the Content-Security-Policy of the pages: scripts and data come from the
// server that sent the page, and nothing is asked of another one.
const Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"connect-src 'self'; font-src 'self' data:; img-src 'self' data: blob:; script-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"

// File is a page, or what a page loads.
type File struct {
	Type string // media type
	Tag  string // ETag, the same for both forms
	Gzip []byte // compressed; not to be changed
}

// Plain returns the file uncompressed.
func (f *File) Plain() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Names are those of the pages, in the order in which the first page, index, lists them.
func Names() []string { return []string{"index", "swagger", "redoc", "rapidoc", "scalar"} }

// Page returns the page called name, or nil if there is none.
func Page(name string) *File { return find(name + ".html") }

// Asset returns a file that a page loads, by its name, or nil if there is none.
func Asset(name string) *File {
	if path.Ext(name) == ".html" {
		return nil
	}
	return find(name)
}

var (
	mu    sync.Mutex // guards files
	files = map[string]*File{}
)

// find reads a file at its first use, so that a server whose pages nobody looks at has
// none of them in memory.
func find(name string) *File {
	mu.Lock()
	defer mu.Unlock()
	if f, ok := files[name]; ok {
		return f
	}
	zipped, err := assets.ReadFile("assets/" + name + ".gz")
	if err != nil {
		plain, err := pages.ReadFile("pages/" + name)
		if err != nil {
			return nil // not kept: names come from callers
		}
		zipped = compress(plain)
	}
	sum := sha256.Sum256(zipped)
	f := &File{Type: types[path.Ext(name)], Tag: `W/"` + hex.EncodeToString(sum[:8]) + `"`, Gzip: zipped}
	files[name] = f
	return f
}

func compress(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(plain) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// types are the media types by extension. The system is not asked, which may know others.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
}
