package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestBodyOverTheLimitIsRefusedUnread(t *testing.T) {
	c := newClient(t, options{InsertBodyLimit: 1 << 20, BodyLimit: 100})
	for path, limit := range map[string]string{"/v1/insert": "1 MiB", "/v1/search": "100 bytes"} {
		req := request(http.MethodPost, path, unread{t})
		req.ContentLength = 1<<20 + 1
		rec := httptest.NewRecorder()
		c.handler.ServeHTTP(rec, req)
		c.check("POST", path, rec.Result())
		want := `{"error":"request body is larger than ` + limit + `: send it in smaller parts","code":"too_large",`
		if rec.Code != 413 || !strings.HasPrefix(rec.Body.String(), want) {
			t.Errorf("%s = %d %s; want 413 %s", path, rec.Code, rec.Body, want)
		}
	}
}

func TestBodyWithoutALengthIsCutAtTheLimit(t *testing.T) {
	c := newClient(t, options{InsertBodyLimit: 1000})
	srv := httptest.NewServer(c.handler)
	defer srv.Close()
	for size, want := range map[int]int{1000: 200, 1001: 413, 5000: 413} {
		const frame = `{"database_id":"x","chunks":[{"embedding":[1],"text":""}]}`
		body := strings.Replace(frame, `""`, `"`+strings.Repeat("a", size-len(frame))+`"`, 1)
		// A reader of a type that net/http does not know is sent in pieces without a length.
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/insert", io.MultiReader(strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("insert of %d bytes without a length = %d %s; want %d", size, res.StatusCode, got, want)
		}
	}
	c.wantError("GET", "/v1/databases/x/chunks/2", "", 404, "not_found", "Chunk 2 not found")
}

func TestLargeBody(t *testing.T) {
	c := newClient(t, options{})
	text := strings.Repeat("0123456789abcdef", 200_000) // 3.2 MB: more than the first part
	c.want("POST", "/v1/insert", `{"database_id":"x","chunks":[{"embedding":[1],"text":"`+text+`"}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("GET", "/v1/databases/x/chunks/1?include=text", "", 200, `{"chunk_id":1,"key":null,"text":"`+text+`","expires_at":null}`)
	tooMuch := strings.Repeat(" ", web.DefaultBodyLimit+1)
	c.wantError("POST", "/v1/search", tooMuch, 413, "too_large", "request body is larger than 4 MiB: send it in smaller parts")
}

func TestBodyThatEndsEarlyStoresNothing(t *testing.T) {
	c := newClient(t, options{})
	srv := httptest.NewServer(c.handler)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n%s", twoChunks)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("status = %d; want 400", res.StatusCode)
		}
	}
	c.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
}

func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	c := newClient(t, options{})
	send := func(method, header, value string) int {
		req := request(method, "http://127.0.0.1:8083/v1/databases/x", nil)
		req.Header.Set(header, value)
		rec := httptest.NewRecorder()
		c.handler.ServeHTTP(rec, req)
		if v := rec.Header().Get("Access-Control-Allow-Origin"); v != "" {
			t.Errorf("Access-Control-Allow-Origin = %q; want none", v)
		}
		return rec.Code
	}
	for _, r := range []struct {
		method, header, value string
		want                  int
	}{
		{"PUT", "Origin", "http://evil.example", 403},
		{"DELETE", "Sec-Fetch-Site", "cross-site", 403},
		{"PUT", "Origin", "http://127.0.0.1:8083", 201},
		{"PUT", "Sec-Fetch-Site", "same-origin", 200},
		{"GET", "Origin", "http://evil.example", 403},
	} {
		if got := send(r.method, r.header, r.value); got != r.want {
			t.Errorf("%s with %s: %s = %d; want %d", r.method, r.header, r.value, got, r.want)
		}
	}
}

func TestLogTellsNothingThatWasSent(t *testing.T) {
	var out bytes.Buffer
	c := newClient(t, options{Logger: jsonLogger(&out)})
	c.do("POST", "/v1/insert", `{"database_id":"secret","chunks":[{"embedding":[0.12345],"text":"secret","metadata":"secret","key":"secret"}]}`)
	c.do("POST", "/v1/insert", `{"secret":"secret"}`)
	c.do("GET", "/v1/databases/secret/chunks/1?secret", "")
	c.do("GET", "/secret", "")
	for _, word := range []string{"secret", "0.12345"} {
		if strings.Contains(out.String(), word) {
			t.Errorf("the log has %q:\n%s", word, out.String())
		}
	}
	for _, part := range []string{
		`"method":"POST"`, `"route":"/v1/insert"`, `"status":200`, `"status":400`, `"route":"/v1/databases/{id}/chunks/{chunk_id}"`,
		`"route":"unmatched"`, `"status":404`, `"duration":`, `"bytes":`, `"request_id":"`,
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the log lacks %s:\n%s", part, out.String())
		}
	}
}
