package docs

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// Route adds the routes of the pages and of what they load. root, if not nil, may answer
// GET / in place of the page there.
func Route(s *web.Surface, root func(*web.Call) bool) {
	s.Handle(http.MethodGet, "/", web.Anyone(), func(c *web.Call) error {
		if root != nil && root(c) {
			return nil
		}
		return send(c, Page("index"))
	})
	for _, name := range Names()[1:] {
		s.Handle(http.MethodGet, "/"+name, web.Anyone(), page(name))
	}
	s.Handle(http.MethodGet, "/assets/:name", web.Anyone(), asset)
}

// page answers with the documentation page called name.
func page(name string) func(*web.Call) error {
	return func(c *web.Call) error { return send(c, Page(name)) }
}

// asset answers GET /assets/{name}.
func asset(c *web.Call) error {
	name, err := c.PathValue("name")
	if err != nil {
		return err
	}
	return send(c, Asset(name))
}

// send answers with f, compressed as it lies in the binary for callers who accept that.
// They may keep it, but ask each time whether it is still the same.
func send(c *web.Call, f *File) error {
	if f == nil {
		return domain.Errorf(domain.ErrNotFound, "no such file: the documentation pages load those that there are")
	}
	header := c.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", f.Tag)
	header.Add("Vary", "Accept-Encoding")
	if strings.Contains(c.Request.Header.Get("If-None-Match"), f.Tag) {
		c.Writer().WriteHeader(http.StatusNotModified)
		return nil
	}
	body := f.Gzip
	if takesGzip(c.Request.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
	} else {
		var err error
		if body, err = f.Plain(); err != nil {
			return err
		}
	}
	header.Set("Content-Type", f.Type)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Content-Security-Policy", Policy)
	header.Set("Referrer-Policy", "no-referrer")
	c.Writer().WriteHeader(http.StatusOK)
	_, _ = c.Writer().Write(body) // a caller that has gone cannot be told
	return nil
}

// takesGzip reports whether an Accept-Encoding header names gzip with a weight above 0.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, weighted := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		v, err := strconv.ParseFloat(q, 64)
		return !weighted || ok && err == nil && v > 0
	}
	return false
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
