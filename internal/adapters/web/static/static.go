// Package static answers requests for files that are part of the program: pages, and what
// they load. They lie in it compressed, and are sent so to callers that take that.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// File is a page, or what a page loads. It is not to be changed.
type File struct {
	Type string // media type
	Tag  string // ETag, the same for both forms
	Gzip []byte // compressed
	// Policy is its Content-Security-Policy.
	Policy string
	// Forever says that its name tells its contents, so that callers need not ask again.
	Forever bool
}

// New returns a file that is called name, of which zipped is the compressed form; it keeps
// zipped.
func New(name string, zipped []byte, policy string) *File {
	sum := sha256.Sum256(zipped)
	return &File{Type: types[path.Ext(name)], Tag: `W/"` + hex.EncodeToString(sum[:8]) + `"`, Gzip: zipped, Policy: policy}
}

// types are the media types by extension. The system is not asked, which may know others.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Compress returns plain as New takes it.
func Compress(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(plain) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// Plain returns the file uncompressed.
func (f *File) Plain() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Send answers with f, compressed for callers that accept that. Callers may keep it, and
// ask each time whether it is still the same, unless its name tells. A nil f is an error.
func Send(c *web.Call, f *File) error {
	if f == nil {
		return domain.Errorf(domain.ErrNotFound, "no such file: the pages of the server load those that there are")
	}
	header := c.Header()
	header.Set("Cache-Control", "no-cache")
	if f.Forever {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
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
	header.Set("Content-Security-Policy", f.Policy)
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
