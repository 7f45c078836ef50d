package docs

import (
	"net/http"
	"strings"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/static"
)

// Route adds the routes of the pages and of what they load. root, if not nil, may answer
// GET / in place of the page there, which links to the console where there is one.
func Route(s *web.Surface, root func(*web.Call) bool, console bool) {
	s.Handle(http.MethodGet, "/", web.Anyone(), func(c *web.Call) error {
		if root != nil && root(c) {
			return nil
		}
		if !console {
			return static.Send(c, withoutConsole())
		}
		return static.Send(c, Page("index"))
	})
	for _, name := range Names()[1:] {
		s.Handle(http.MethodGet, "/"+name, web.Anyone(), page(name))
	}
	s.Handle(http.MethodGet, "/assets/:name", web.Anyone(), asset)
}

// page answers with the documentation page called name.
func page(name string) func(*web.Call) error {
	return func(c *web.Call) error { return static.Send(c, Page(name)) }
}

// asset answers GET /assets/{name}.
func asset(c *web.Call) error {
	name, err := c.PathValue("name")
	if err != nil {
		return err
	}
	return static.Send(c, Asset(name))
}

// Redirect answers requests for a page with a slash behind its name, and reports whether
// it was one; the redirect is relative, for a proxy's prefix.
func Redirect(c *web.Call) bool {
	name, slash := strings.CutSuffix(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	if !slash || c.Request.Method != http.MethodGet || Page(name) == nil {
		return false
	}
	c.Header().Set("Location", "../"+name)
	c.Writer().WriteHeader(http.StatusPermanentRedirect)
	return true
}
