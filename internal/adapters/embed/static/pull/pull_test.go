package pull_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/pull"
	"github.com/memista/memista/internal/domain"
)

// file is a file of an archive.
type file struct {
	name, content string
	kind          byte
}

// model are the files of a model, without what a tokenizer needs: pull does not look into them.
var model = []file{
	{name: "m/config.json", content: "{}"},
	{name: "m/tokenizer.json", content: "tokens"},
	{name: "m/model.safetensors", content: "table"},
	{name: "m/README.md", content: "license: mit"},
	{name: "m/onnx/model.onnx", content: "something else"},
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if f.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = f.kind, 0, f.content
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(f.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func zipped(t testing.TB, raw []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func sha(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// listSHA is the hash of what sha256sum prints for the files of the model.
func listSHA() string {
	return sha(fmt.Appendf(nil, "%s  config.json\n%s  model.safetensors\n%s  tokenizer.json\n", sha([]byte("{}")), sha([]byte("table")), sha([]byte("tokens"))))
}

// server serves what is at each path over HTTPS.
func server(t *testing.T, at map[string][]byte) *httptest.Server {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := at[r.URL.Path]
		switch to, redirect := strings.CutPrefix(string(content), "redirect "); {
		case redirect:
			http.Redirect(w, r, to, http.StatusFound)
		case ok:
			_, _ = w.Write(content)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// holds checks that dir has the files of the model and nothing else.
func holds(t *testing.T, dir string) {
	t.Helper()
	want := map[string]string{static.ConfigFile: "{}", static.TokenizerFile: "tokens", static.TableFile: "table", "README.md": "license: mit"}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if content, ok := want[e.Name()]; err != nil || !ok || string(got) != content {
			t.Errorf("%s holds %q, %v; want %q", e.Name(), got, err, content)
		}
		delete(want, e.Name())
	}
	if len(want) > 0 {
		t.Errorf("there is no %v", want)
	}
}

func TestInto(t *testing.T) {
	plain := tarOf(t, model...)
	small := zipped(t, plain)
	folder := map[string][]byte{}
	local := t.TempDir()
	for _, f := range model[:4] {
		name := strings.TrimPrefix(f.name, "m/")
		folder["/models/x/"+name] = []byte(f.content)
		if err := os.WriteFile(filepath.Join(local, name), []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder["/x.tar"], folder["/x.tar.gz"] = plain, small
	folder["/moved"] = []byte("redirect /x.tar")
	s := server(t, folder)
	archive := filepath.Join(t.TempDir(), "x.tgz")
	if err := os.WriteFile(archive, small, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ source, sha256 string }{
		"an archive over HTTPS":              {s.URL + "/x.tar", sha(plain)},
		"an archive behind a redirect":       {s.URL + "/moved", sha(plain)},
		"a compressed archive over HTTPS":    {s.URL + "/x.tar.gz", strings.ToUpper(sha(small))},
		"a folder over HTTPS":                {s.URL + "/models/x/", listSHA()},
		"an archive of this machine":         {archive, ""},
		"an archive of this machine, hashed": {archive, sha(small)},
		"a folder of this machine":           {local, listSHA()},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := pull.Into(context.Background(), c.source, dir, pull.Options{SHA256: c.sha256, Client: s.Client()}); err != nil {
				t.Fatal(err)
			}
			holds(t, dir)
		})
	}
}

func TestIntoRefusesSources(t *testing.T) {
	raw := tarOf(t, model...)
	plainHTTP := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(raw) }))
	defer plainHTTP.Close()
	s := server(t, map[string][]byte{"/x.tar": raw, "/down": []byte("redirect " + plainHTTP.URL), "/round": []byte("redirect /round")})
	for name, c := range map[string]struct {
		source, sha256 string
		limit          int64
		kind           error
		says           string
	}{
		"plain HTTP":                           {plainHTTP.URL, sha(raw), 0, domain.ErrInvalid, "https://"},
		"a redirect to plain HTTP":             {s.URL + "/down", sha(raw), 0, nil, "redirect from HTTPS to http"},
		"redirects without end":                {s.URL + "/round", sha(raw), 0, nil, "more than 10"},
		"another scheme":                       {"ftp://x/y", sha(raw), 0, domain.ErrInvalid, "https://"},
		"no hash":                              {s.URL + "/x.tar", "", 0, domain.ErrInvalid, "SHA-256"},
		"no hash that is one":                  {s.URL + "/x.tar", "abc", 0, domain.ErrInvalid, "64 hexadecimal"},
		"another hash":                         {s.URL + "/x.tar", sha(nil), 0, domain.ErrCorrupt, "not what was asked for"},
		"what is not there":                    {s.URL + "/no", sha(raw), 0, domain.ErrUnavailable, "404"},
		"a file of a folder that is not there": {s.URL + "/", sha(raw), 0, domain.ErrUnavailable, "config.json"},
		"what is too large":                    {s.URL + "/x.tar", sha(raw), 100, domain.ErrTooLarge, "100"},
		"no path":                              {filepath.Join(t.TempDir(), "no"), "", 0, os.ErrNotExist, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := pull.Into(context.Background(), c.source, t.TempDir(), pull.Options{SHA256: c.sha256, Limit: c.limit, Client: s.Client()})
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Into = %v; want %v that says %q", err, c.kind, c.says)
			}
		})
	}
	t.Run("secrets in an address are in no message", func(t *testing.T) {
		address := strings.Replace(s.URL, "https://", "https://user:secret@", 1) + "/no?token=secret"
		err := pull.Into(context.Background(), address, t.TempDir(), pull.Options{SHA256: sha(raw), Client: s.Client()})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Into = %v; want an error without the secret", err)
		}
	})
	t.Run("an ended context ends it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, source := range []string{s.URL + "/x.tar", archiveAt(t, raw)} {
			if err := pull.Into(ctx, source, t.TempDir(), pull.Options{SHA256: sha(raw), Client: s.Client()}); !errors.Is(err, context.Canceled) {
				t.Errorf("Into(%q) = %v; want context.Canceled", source, err)
			}
		}
	})
}

func archiveAt(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.tar")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIntoRefusesArchives(t *testing.T) {
	with := func(more ...file) []byte { return tarOf(t, append(append([]file(nil), model...), more...)...) }
	bomb := zipped(t, tarOf(t, append([]file{{name: "m/other", content: strings.Repeat("x", 1<<20)}}, model...)...))
	for name, c := range map[string]struct {
		raw  []byte
		kind error
		says string
	}{
		"a path upwards":            {with(file{name: "../config.json", content: "x"}), domain.ErrInvalid, "leads out"},
		"a path upwards in between": {with(file{name: "m/../../x", content: "x"}), domain.ErrInvalid, "leads out"},
		"a path from the root":      {with(file{name: "/etc/passwd", content: "x"}), domain.ErrInvalid, "leads out"},
		"a path of Windows":         {with(file{name: `m\..\x`, content: "x"}), domain.ErrInvalid, "leads out"},
		"a drive of Windows":        {with(file{name: "c:x", content: "x"}), domain.ErrInvalid, "leads out"},
		"a link":                    {tarOf(t, file{name: "m/config.json", content: "/etc/passwd", kind: tar.TypeSymlink}), domain.ErrInvalid, "link"},
		"a hard link":               {tarOf(t, file{name: "m/tokenizer.json", content: "m/config.json", kind: tar.TypeLink}), domain.ErrInvalid, "link"},
		"a file twice":              {with(file{name: "m/config.json", content: "x"}), domain.ErrInvalid, "twice"},
		"two models":                {with(file{name: "n/config.json", content: "x"}), domain.ErrInvalid, "two folders"},
		"half a model":              {tarOf(t, model[:2]...), domain.ErrInvalid, "a model has"},
		"nothing":                   {tarOf(t), domain.ErrInvalid, "a model has"},
		"no archive":                {[]byte(strings.Repeat("no archive ", 100)), domain.ErrCorrupt, "damaged"},
		"a damaged compression":     {[]byte{0x1F, 0x8B, 1, 2, 3}, domain.ErrCorrupt, "damaged"},
		"an end in the middle":      {tarOf(t, model...)[:1500], domain.ErrCorrupt, "damaged"},
		"an end of the compression": {zipped(t, tarOf(t, model...))[:100], domain.ErrCorrupt, "damaged"},
		"what unpacks to too much":  {bomb, domain.ErrTooLarge, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := pull.Into(context.Background(), archiveAt(t, c.raw), dir, pull.Options{Limit: 100_000})
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Into = %v; want %v that says %q", err, c.kind, c.says)
			}
			if entries, _ := os.ReadDir(outer); len(entries) != 1 {
				t.Errorf("something was written outside the folder: %v", entries)
			}
		})
	}
	t.Run("a licence of another folder is not that of the model", func(t *testing.T) {
		dir := t.TempDir()
		raw := tarOf(t, append([]file{{name: "LICENSE", content: "of others"}, {name: "m/LICENSE", content: "its own"}}, model...)...)
		if err := pull.Into(context.Background(), archiveAt(t, raw), dir, pull.Options{}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "LICENSE")); err != nil || string(got) != "its own" {
			t.Errorf("LICENSE holds %q, %v; want that of the model's folder", got, err)
		}
	})
}

func FuzzArchive(f *testing.F) {
	f.Add(tarOf(f, model...))
	f.Add(zipped(f, tarOf(f, model...)))
	f.Add(tarOf(f, file{name: "../x", content: "x"}, file{name: "config.json", content: "y", kind: tar.TypeSymlink}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		outer := t.TempDir()
		dir, path := filepath.Join(outer, "in"), filepath.Join(outer, "a.tar")
		if os.Mkdir(dir, 0o700) != nil || os.WriteFile(path, raw, 0o600) != nil {
			t.Fatal("no room for the test")
		}
		_ = pull.Into(context.Background(), path, dir, pull.Options{Limit: 1 << 20})
		entries, err := os.ReadDir(outer)
		if err != nil || len(entries) != 2 {
			t.Fatalf("beside the archive and the folder there is %v, %v", entries, err)
		}
	})
}
