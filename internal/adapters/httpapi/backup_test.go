package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestBackup(t *testing.T) {
	svc, dir := newService(t)
	h := newHandler(svc, options{})
	client{t: t, handler: h}.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	srv := httptest.NewServer(h)
	defer srv.Close()
	res, err := http.Get(srv.URL + "/v1/backup")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || int64(len(body)) != res.ContentLength || !bytes.HasPrefix(body, []byte("SQLite format 3\x00")) {
		t.Errorf("GET /v1/backup = %d, %d bytes of %d, %v; want a SQLite file", res.StatusCode, len(body), res.ContentLength, err)
	}
	if got := res.Header.Get("Content-Type"); got != "application/vnd.sqlite3" {
		t.Errorf("Content-Type = %q", got)
	}
	if got := res.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="memista-2`) {
		t.Errorf("Content-Disposition = %q", got)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*backup*")); err != nil || len(left) > 0 {
		t.Errorf("left after the answer: %v, %v", left, err)
	}
}

// uncopied is a repository whose copies fail.
type uncopied struct {
	ports.ChunkRepository
	err  error
	file ports.BackupFile
}

func (r *uncopied) Backup(context.Context) (ports.BackupFile, error) { return r.file, r.err }

func (r *uncopied) BackupTo(context.Context, string) (int64, error) { return 0, r.err }

// shortFile is a copy that cannot be read to its end.
type shortFile struct {
	io.Reader
	closed bool
}

func (f *shortFile) Size() int64  { return 100 }
func (f *shortFile) Close() error { f.closed = true; return nil }

func TestBackupsThatFail(t *testing.T) {
	repo, err := compose.Repository(t.Context(), compose.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := &uncopied{ChunkRepository: repo}
	made, err := compose.Open(t.Context(), compose.Config{Repository: r})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Service.Close()
	h := newHandler(made.Service, options{})
	c := client{t: t, handler: h}
	r.err = domain.Errorf(domain.ErrDiskFull, "a backup needs 9 MiB")
	c.wantError("GET", "/v1/backup", "", 507, "disk_full", "a backup needs 9 MiB")
	r.err = domain.Errorf(domain.ErrBusy, "a backup is being made already")
	c.wantError("GET", "/v1/backup", "", 429, "too_busy", "a backup is being made already")

	file := &shortFile{Reader: io.MultiReader(strings.NewReader("SQLite format 3"), unreadFile{})}
	r.err, r.file = nil, file
	srv := httptest.NewServer(h)
	defer srv.Close()
	res, err := http.Get(srv.URL + "/v1/backup")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("half a backup was read as a whole one: %q", body)
	}
	if !file.closed {
		t.Error("the copy was not closed")
	}
}

// unreadFile cannot be read.
type unreadFile struct{}

func (unreadFile) Read([]byte) (int, error) { return 0, errors.New("the disk has failed") }
