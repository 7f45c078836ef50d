//go:build unix

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRefusalsReachCallersWhoWriteFirst sends all of a body before it reads the answer, as
// Python's http.client and others do.
func TestRefusalsReachCallersWhoWriteFirst(t *testing.T) {
	open := serve(t, t.TempDir(), nil)
	keyed := serve(t, t.TempDir(), []string{"MEMISTA_API_KEY=a-key-of-more-than-twenty-characters"})
	for _, tt := range []struct {
		s      *server
		path   string
		size   int
		status int
	}{
		{open, "/v1/insert", 40 << 20, 413},
		{open, "/v1/search", 8 << 20, 413},
		{open, "/nowhere", 8 << 20, 404},
		{keyed, "/v1/insert", 8 << 20, 401},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(tt.s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(startLimit))
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", tt.path, tt.size, strings.Repeat(" ", tt.size))
		if err != nil {
			t.Errorf("%s with %d bytes: write: %v", tt.path, tt.size, err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s with %d bytes: read: %v; want %d", tt.path, tt.size, err, tt.status)
			continue
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		conn.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%s with %d bytes = %d; want %d", tt.path, tt.size, res.StatusCode, tt.status)
		}
	}
}
