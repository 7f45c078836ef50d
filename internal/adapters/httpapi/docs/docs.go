package docs

import (
	"bytes"
	"embed"
	"path"
	"sync"

	"github.com/memista/memista/internal/adapters/web/static"
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

// Names are those of the pages, in the order in which the first page, index, lists them.
func Names() []string { return []string{"index", "swagger", "redoc", "rapidoc", "scalar"} }

// Page returns the page called name, or nil if there is none.
func Page(name string) *static.File { return find(name + ".html") }

// Asset returns a file that a page loads, by its name, or nil if there is none.
func Asset(name string) *static.File {
	if path.Ext(name) == ".html" {
		return nil
	}
	return find(name)
}

var (
	mu    sync.Mutex // guards files
	files = map[string]*static.File{}
)

// find reads a file at its first use, so that a server whose pages nobody looks at has
// none of them in memory.
func find(name string) *static.File {
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
		zipped = static.Compress(plain)
	}
	f := static.New(name, zipped, Policy)
	files[name] = f
	return f
}

// withoutConsole is the first page without its link to the console.
var withoutConsole = sync.OnceValue(func() *static.File {
	plain, err := Page("index").Plain()
	if err != nil {
		return Page("index") // never: it is part of the program
	}
	before, rest, _ := bytes.Cut(plain, []byte("<!-- console -->\n"))
	_, after, _ := bytes.Cut(rest, []byte("<!-- end -->\n"))
	return static.New("index.html", static.Compress(append(before, after...)), Policy)
})
