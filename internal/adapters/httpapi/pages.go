package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/httpapi/docs"
	"github.com/memista/memista/internal/domain"
)

// page answers with the documentation page called name.
func (h *Handler) page(name string) func(*gin.Context) error {
	return func(c *gin.Context) error { return sendAsset(c, docs.Page(name)) }
}

// asset answers GET /assets/{name}.
func (h *Handler) asset(c *gin.Context) error {
	name, err := pathValue(c, "name")
	if err != nil {
		return err
	}
	return sendAsset(c, docs.Asset(name))
}

// sendAsset answers with f, compressed as it lies in the binary for callers who take that.
// They may keep it, but ask each time whether it is still the same.
func sendAsset(c *gin.Context, f *docs.File) error {
	if f == nil {
		return domain.Errorf(domain.ErrNotFound, "no such file: the documentation pages load those that there are")
	}
	header := c.Writer.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", f.Tag)
	header.Add("Vary", "Accept-Encoding")
	if strings.Contains(c.Request.Header.Get("If-None-Match"), f.Tag) {
		c.Writer.WriteHeader(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
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
	header.Set("Content-Security-Policy", docs.Policy)
	header.Set("Referrer-Policy", "no-referrer")
	c.Writer.WriteHeader(http.StatusOK)
	_, _ = c.Writer.Write(body) // a reader that has gone has nobody to tell
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

// noRoute answers requests for paths that no route has. The documentation pages are also found
// with a slash behind their names; the redirect is relative, for a proxy's prefix.
func (h *Handler) noRoute(c *gin.Context) {
	name, slash := strings.CutSuffix(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	if slash && c.Request.Method == http.MethodGet && docs.Page(name) != nil {
		c.Writer.Header().Set("Location", "../"+name)
		c.Writer.WriteHeader(http.StatusPermanentRedirect)
		c.Writer.WriteHeaderNow()
		return
	}
	h.fail(c, errNoRoute)
}
