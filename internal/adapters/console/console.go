// Package console serves the console: pages for people who look at databases, search them
// and watch the server. They are built from the sources in web into dist, which is part of
// the program; the README beside the sources says how. They call the API like any other
// client, with the key of whoever looks, so that the package itself knows no use case.
package console

import (
	"embed"
	"net/http"
	"path"
	"sync"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/static"
)

//go:embed dist/*.gz
var dist embed.FS

// Policy is the Content-Security-Policy of the console: everything comes from the server
// that sent the page, nothing is asked of another one, and no text can become markup.
const Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

const index = "index.html"

// Mount adds the console to h, at /console/. Its files need no key: they tell nothing of
// what is stored.
func Mount(h *web.Handler) {
	s := h.Surface(web.SurfaceOptions{Prefix: "/console"})
	// Relative, for a proxy's prefix; the page itself is at a path with a slash, so that
	// what it names is below that.
	s.Handle(http.MethodGet, "", web.Anyone(), func(c *web.Call) error {
		c.Header().Set("Location", "console/")
		c.Writer().WriteHeader(http.StatusPermanentRedirect)
		return nil
	})
	f := &files{known: map[string]*static.File{}}
	s.Handle(http.MethodGet, "/", web.Anyone(), func(c *web.Call) error { return static.Send(c, f.find(index)) })
	s.Handle(http.MethodGet, "/:name", web.Anyone(), func(c *web.Call) error {
		name, err := c.PathValue("name")
		if err != nil {
			return err
		}
		return static.Send(c, f.find(name))
	})
}

// files are the files of the console. They are read at their first use, so that a server
// whose console nobody looks at has none of them in memory.
type files struct {
	mu    sync.Mutex // guards known
	known map[string]*static.File
}

// find returns the file called name, or nil if there is none.
func (f *files) find(name string) *static.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file, ok := f.known[name]; ok {
		return file
	}
	zipped, err := dist.ReadFile("dist/" + name + ".gz")
	if err != nil {
		return nil // not kept: names come from callers
	}
	file := static.New(name, zipped, Policy)
	file.Forever = path.Ext(name) == ".js" || path.Ext(name) == ".css" // named for their contents
	f.known[name] = file
	return file
}
