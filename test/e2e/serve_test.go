//go:build unix

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The three requests of the original memista's README.
func TestTheOriginalRequests(t *testing.T) {
	dir := t.TempDir()
	const (
		insert = `{"database_id":"my_app","chunks":[` +
			`{"embedding":[0.1,0.2],"text":"Sample text 1","metadata":"{\"source\": \"document1\"}"},` +
			`{"embedding":[0.3,0.4],"text":"Sample text 2","metadata":"{\"source\": \"document2\"}"}]}`
		search  = `{"database_id":"my_app","embeddings":[[0.1,0.2]],"num_results":5}`
		found   = `[[` + second + `,` + first + `]]`
		drop    = `{"database_id":"my_app"}`
		dropped = `{"status":"success","message":"Table and index dropped successfully"}`
	)
	s := serve(t, dir, nil)
	s.want("POST", "/v1/insert", insert, 200, `{"inserted_ids":[1,2]}`)
	s.want("POST", "/v1/search", search, 200, found)
	s.terminate()
	if code := s.wait(); code != 0 {
		t.Errorf("exit code after SIGTERM is %d; want 0", code)
	}

	s = serve(t, dir, nil, "serve")
	s.want("POST", "/v1/search", search, 200, found)
	s.want("DELETE", "/v1/drop", drop, 200, dropped)
	s.want("DELETE", "/v1/drop", drop, 200, dropped)
	status, answer := s.do("POST", "/v1/search", search)
	if status != 404 || !strings.Contains(answer, `"error":"Database 'my_app' not found"`) {
		t.Errorf("search after drop = %d %s; want 404", status, answer)
	}
	s.want("POST", "/v1/insert", insert, 200, `{"inserted_ids":[1,2]}`)
}

// The hits of the search above.
const (
	first  = `{"chunk_id":1,"key":null,"text":"Sample text 1","metadata":"{\"source\": \"document1\"}","score":0.05,"distance":0.95}`
	second = `{"chunk_id":2,"key":null,"text":"Sample text 2","metadata":"{\"source\": \"document2\"}","score":0.11,"distance":0.89}`
)

func TestRequestsInFlightFinishOnSIGTERM(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, nil)
	const clients = 8
	type half struct {
		rest string
		conn net.Conn
	}
	var halves []half
	for i := range clients {
		sent := fmt.Sprintf(`{"database_id":"d%d","chunks":[{"embedding":[1],"text":"x"},`, i)
		h := half{rest: `{"embedding":[2],"text":"y"}]}`}
		// By hand, so that what is sent has left this process before the next step.
		var err error
		if h.conn, err = net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")); err != nil {
			t.Fatal(err)
		}
		defer h.conn.Close()
		if _, err := fmt.Fprintf(h.conn, "POST /v1/insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(sent)+len(h.rest), sent); err != nil {
			t.Fatal(err)
		}
		halves = append(halves, h)
	}
	for deadline := time.Now().Add(startLimit); ; time.Sleep(time.Millisecond) {
		// This one counts, too.
		if _, metrics := s.do("GET", "/metrics", ""); strings.Contains(metrics, fmt.Sprintf("\nmemista_http_requests_in_flight %d\n", clients+1)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not answer all of the requests")
		}
	}
	s.terminate()
	for deadline := time.Now().Add(startLimit); ; {
		if _, _, err := try("GET", s.URL+"/healthz", nil); err != nil {
			break // the stop has begun
		}
		if time.Now().After(deadline) {
			t.Fatal("the server still takes requests after SIGTERM")
		}
	}
	for i, h := range halves {
		if _, err := io.WriteString(h.conn, h.rest); err != nil {
			t.Error(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(h.conn), nil)
		if err != nil {
			t.Errorf("request %d in flight: %v", i, err)
			continue
		}
		answer, err := io.ReadAll(resp.Body)
		err = errors.Join(err, resp.Body.Close())
		if got := strings.TrimSpace(string(answer)); resp.StatusCode != http.StatusOK || err != nil || got != `{"inserted_ids":[1,2]}` {
			t.Errorf("request %d in flight: %d %s %v", i, resp.StatusCode, got, err)
		}
	}
	if code := s.wait(); code != 0 {
		t.Errorf("exit code is %d; want 0; log:\n%s", code, s.Log())
	}
	s = serve(t, dir, nil)
	for i := range clients {
		status, answer := s.do("POST", "/v1/search", fmt.Sprintf(`{"database_id":"d%d","embeddings":[[1]],"num_results":9}`, i))
		if status != 200 || strings.Count(answer, `"chunk_id"`) != 2 {
			t.Errorf("search in d%d after the restart = %d %s; want two chunks", i, status, answer)
		}
	}
}

func TestDataFilesThatAreRefused(t *testing.T) {
	original, err := os.ReadFile("testdata/original.db")
	if err != nil {
		t.Fatal(err)
	}
	newer := func(t *testing.T) []byte {
		dir := t.TempDir()
		s := serve(t, dir, nil)
		s.terminate()
		if code := s.wait(); code != 0 {
			t.Fatalf("exit code right after the start is %d; want 0:\n%s", code, s.Log())
		}
		raw, err := os.ReadFile(filepath.Join(dir, "memista.db"))
		if err != nil {
			t.Fatal(err)
		}
		binary.BigEndian.PutUint32(raw[60:], 999) // user_version in the head of a SQLite file
		return raw
	}
	tests := []struct {
		name    string
		content func(*testing.T) []byte
		want    string
	}{
		{"not a database", func(*testing.T) []byte { return bytes.Repeat([]byte("not a database\n"), 100) }, " is not a memista data file"},
		{"a newer schema", newer, " has schema version 999"},
		{"of the original memista", func(*testing.T) []byte { return original }, " was written by the original memista"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "memista.db")
			before := tt.content(t)
			if err := os.WriteFile(path, before, 0o600); err != nil {
				t.Fatal(err)
			}
			foreign := filepath.Join(dir, "my_app.usearch")
			if err := os.WriteFile(foreign, []byte("the only copy"), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0"})
			if code != 1 || !strings.HasPrefix(errOut, "memista: ") || !strings.Contains(errOut, path+tt.want) {
				t.Errorf("exit code %d, stderr %q; want 1 and %q", code, errOut, path+tt.want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed (%v)", err)
			}
			if after, err := os.ReadFile(foreign); err != nil || string(after) != "the only copy" {
				t.Errorf("the file beside it was changed (%v)", err)
			}
		})
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, nil)
	code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0"})
	if code != 1 || !strings.Contains(errOut, "memista.db is in use by another memista") {
		t.Errorf("second server: exit code %d, stderr %q", code, errOut)
	}
	code, _, errOut = ends(t, dir, nil, "databases")
	if code != 1 || !strings.Contains(errOut, "--server") {
		t.Errorf("databases beside a server: exit code %d, stderr %q; want a hint at --server", code, errOut)
	}
	if code, out, errOut := ends(t, dir, nil, "databases", "--server", s.URL); code != 0 || !strings.HasPrefix(out, "DATABASE") {
		t.Errorf("databases --server: exit code %d, %q, stderr %q", code, out, errOut)
	}
}

func TestSettingsOfAServer(t *testing.T) {
	t.Run(".env is read, the environment is above it", func(t *testing.T) {
		dir := t.TempDir()
		env := "DATABASE_PATH=data/vectors.db\nMEMISTA_ORIGINAL_SCORES=true\nSERVER_PORT=99999\n"
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(env), 0o600); err != nil {
			t.Fatal(err)
		}
		s := serve(t, dir, nil) // with SERVER_PORT=0
		s.do("POST", "/v1/insert", `{"database_id":"d","chunks":[{"embedding":[1,2]}]}`)
		_, answer := s.do("POST", "/v1/search", `{"database_id":"d","embeddings":[[1,1]],"num_results":1}`)
		if !strings.Contains(answer, `"score":-2,"distance":-2`) {
			t.Errorf("search = %s; want the distance as score", answer)
		}
		if info, err := os.Stat(filepath.Join(dir, "data")); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("data directory: %v, %v; want mode 0700", info, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "data", "vectors.db")); err != nil {
			t.Error(err)
		}
	})
	t.Run("an unknown key is refused", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "m.yaml"), []byte("log_level: warn\nserver_prot: 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errOut := ends(t, dir, nil, "--config", "m.yaml")
		if code != 1 || !strings.Contains(errOut, `m.yaml:2: unknown key "server_prot"`) {
			t.Errorf("exit code %d, stderr %q", code, errOut)
		}
		if _, err := os.Stat(filepath.Join(dir, "memista.db")); err == nil {
			t.Error("a data file was made")
		}
	})
	t.Run("other addresses than loopback need --insecure", func(t *testing.T) {
		code, _, errOut := ends(t, t.TempDir(), []string{"SERVER_HOST=0.0.0.0"})
		if code != 1 || !strings.Contains(errOut, "--insecure") {
			t.Errorf("exit code %d, stderr %q", code, errOut)
		}
	})
	t.Run("a port in use", func(t *testing.T) {
		s := serve(t, t.TempDir(), nil)
		_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
		code, _, errOut := ends(t, t.TempDir(), []string{"SERVER_PORT=" + port})
		if code != 1 || !strings.Contains(errOut, "--server-port") {
			t.Errorf("exit code %d, stderr %q", code, errOut)
		}
	})
}
