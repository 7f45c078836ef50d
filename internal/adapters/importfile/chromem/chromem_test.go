package chromem_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista/internal/adapters/importfile/chromem"
	"github.com/memista/memista/internal/domain"
)

// The types that chromem-go writes, by their fields.
type (
	document struct {
		ID        string
		Metadata  map[string]string
		Embedding []float32
		Content   string
	}
	named struct {
		Name      string
		Metadata  map[string]string
		Documents map[string]*document
	}
	export struct{ Collections map[string]*named }
	head   struct {
		Name     string
		Metadata map[string]string
	}
)

const key = "0123456789abcdef0123456789abcdef"

func encode(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compress(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encrypt(t testing.TB, raw []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := bytes.Repeat([]byte{200}, gcm.NonceSize())
	return gcm.Seal(nonce, nonce, raw, nil)
}

// some returns a database with three collections.
func some() export {
	notes := &named{Name: "notes", Metadata: map[string]string{"about": "all"}, Documents: map[string]*document{}}
	for i := range 20 {
		id := fmt.Sprint("note-", i)
		notes.Documents[id] = &document{ID: id, Metadata: map[string]string{"n": fmt.Sprint(i), "<b>": "ü\n"}, Embedding: []float32{float32(i), -0.5, 1e-30}, Content: fmt.Sprint("text ", i)}
	}
	return export{Collections: map[string]*named{
		"notes": notes,
		"empty": {Name: "empty"},
		"bare":  {Name: "bare", Documents: map[string]*document{"x": {ID: "x", Embedding: []float32{0, 1}}, "y": {ID: "y", Content: "no vector"}}},
	}}
}

// wanted are the documents of a collection of some.
func wanted(t testing.TB, name string) (all []domain.Chunk) {
	t.Helper()
	for _, d := range some().Collections[name].Documents {
		c := domain.Chunk{Key: d.ID, Text: d.Content, Embedding: d.Embedding}
		if n, ok := d.Metadata["n"]; ok {
			m, err := domain.MetadataObject([]byte(`{"<b>":"ü\n","n":"` + n + `"}`))
			if err != nil {
				t.Fatal(err)
			}
			c.Metadata = m
		}
		all = append(all, c)
	}
	return all
}

func write(t testing.TB, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chromem-go.gob")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *chromem.File {
	t.Helper()
	f, err := chromem.Open(t.Context(), path, domain.NewSecret(key), "set the key")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func drain(t *testing.T, rows *chromem.Rows) (all []domain.Chunk, err error) {
	t.Helper()
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		c, _, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
}

func rows(t *testing.T, f *chromem.File, name string) *chromem.Rows {
	t.Helper()
	r, err := f.Collection(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var anyOrder = cmpopts.SortSlices(func(a, b domain.Chunk) bool { return a.Key < b.Key })

// places returns the same database in all its forms.
func places(t *testing.T) map[string]string {
	t.Helper()
	raw := encode(t, some())
	places := map[string]string{
		"plain": write(t, raw), "compressed": write(t, compress(t, raw)),
		"encrypted": write(t, encrypt(t, raw)), "both": write(t, encrypt(t, compress(t, raw))),
	}
	for _, ext := range []string{".gob", ".gob.gz"} {
		dir := t.TempDir()
		put := func(where, name string, v any) {
			raw := encode(t, v)
			if ext == ".gob.gz" {
				raw = compress(t, raw)
			}
			if err := os.MkdirAll(filepath.Join(dir, where), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, where, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range some().Collections {
			put(name+"-hash", "00000000"+ext, head{c.Name, c.Metadata})
			for id, d := range c.Documents {
				put(name+"-hash", fmt.Sprintf("%x%s", id, ext), *d)
			}
			put(name+"-hash", "readme.txt", "of somebody")
		}
		put("other", "photo"+ext, document{ID: "elsewhere"})
		places["directory of "+ext] = dir
	}
	return places
}

func TestAllForms(t *testing.T) {
	for name, path := range places(t) {
		t.Run(name, func(t *testing.T) {
			f := open(t, path)
			if names := f.Collections(); !slices.Equal(slices.Sorted(slices.Values(names)), []string{"bare", "empty", "notes"}) {
				t.Fatalf("collections %q", names)
			}
			for _, name := range f.Collections() {
				r := rows(t, f, name)
				got, err := drain(t, r)
				if diff := cmp.Diff(wanted(t, name), got, anyOrder); err != nil || diff != "" {
					t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
				}
				if n := int64(len(got)); r.Size() != n || r.Read() != n {
					t.Errorf("%s: read %d of %d; want %d", name, r.Read(), r.Size(), n)
				}
			}
			if _, err := f.Collection("none"); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("Collection(none): %v; want ErrNotFound", err)
			}
		})
	}
}

func TestSkip(t *testing.T) {
	for name, path := range places(t) {
		t.Run(name, func(t *testing.T) {
			all, err := drain(t, rows(t, open(t, path), "notes"))
			if err != nil {
				t.Fatal(err)
			}
			for n := range 21 {
				r := rows(t, open(t, path), "notes")
				if err := r.Skip(int64(n)); err != nil {
					t.Fatal(err)
				}
				got, err := drain(t, r)
				if diff := cmp.Diff(append([]domain.Chunk(nil), all[n:]...), got); err != nil || diff != "" {
					t.Errorf("behind %d: %v (-want +got):\n%s", n, err, diff)
				}
			}
			if err := rows(t, open(t, path), "notes").Skip(21); err == nil {
				t.Error("Skip behind the end is no error")
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	raw := encode(t, some())
	zipped := compress(t, raw)
	broken := slices.Clone(zipped)
	broken[len(broken)-6]++ // of the checksum
	sealed := encrypt(t, raw)
	changed := slices.Clone(sealed)
	changed[len(changed)/2]++
	for _, c := range []struct {
		name string
		raw  []byte
		key  string
		want string
	}{
		{"nothing", nil, "", "if it is an encrypted one, set the key"},
		{"a letter", []byte("Dear reader"), "", "if it is an encrypted one, set the key"},
		{"no key", sealed, "", "if it is an encrypted one, set the key"},
		{"a short key", sealed, "geheim", "has 32 bytes: set the key"},
		{"another key", sealed, strings.Repeat("x", 32), "cannot be decrypted"},
		{"a byte changed", changed, key, "cannot be decrypted"},
		{"a file too short to be encrypted", []byte{200, 1}, key, "2 bytes"},
		{"half of it", raw[:len(raw)/2], "", "cut off"},
		{"half of it, compressed", zipped[:len(zipped)/2], "", "cut off"},
		{"a wrong checksum", broken, "", "checksum"},
		{"a number", encode(t, 7), "", "not an export"},
		{"a struct without collections", encode(t, document{ID: "x"}), "", "no collections"},
		{"collections by number", encode(t, struct{ Collections map[int]named }{map[int]named{1: {}}}), "", "have no names"},
		{"collections of texts", encode(t, struct{ Collections map[string]string }{map[string]string{"a": "b"}}), "", "another type"},
		{"collections without documents", encode(t, struct{ Collections map[string]head }{map[string]head{"a": {}}}), "", "no documents"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := chromem.Open(t.Context(), write(t, c.raw), domain.NewSecret(c.key), "set the key")
			if err == nil || !strings.Contains(err.Error(), c.want) || c.key != "" && strings.Contains(err.Error(), c.key) {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
	if _, err := chromem.Open(t.Context(), t.TempDir(), domain.Secret{}, ""); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("an empty directory: %v; want ErrInvalid", err)
	}
}

func TestStop(t *testing.T) {
	path := write(t, encode(t, some()))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := chromem.Open(ctx, path, domain.Secret{}, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v; want that it was canceled", err)
	}
	if _, _, err := rows(t, open(t, path), "notes").Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v; want that it was canceled", err)
	}
}

func TestDocumentsThatCannotBe(t *testing.T) {
	type words struct {
		ID        string
		Embedding []string
	}
	type wordsOf struct {
		Name      string
		Documents map[string]words
	}
	for _, c := range []struct {
		name, want string
		v          any
	}{
		{"an embedding of words", "Embedding is not a list of numbers", struct{ Collections map[string]wordsOf }{map[string]wordsOf{"c": {"c", map[string]words{"x": {"x", []string{"a"}}}}}}},
		{"no id", "a document without an id", export{map[string]*named{"c": {Name: "c", Documents: map[string]*document{"x": {Content: "x"}}}}}},
		{"metadata that is no text", "not valid UTF-8", export{map[string]*named{"c": {Name: "c", Documents: map[string]*document{"x": {ID: "x", Metadata: map[string]string{"a": "\xff"}}}}}}},
		{"a wide embedding", "65537 numbers", export{map[string]*named{"c": {Name: "c", Documents: map[string]*document{"x": {ID: "x", Embedding: make([]float32, 65537)}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := drain(t, rows(t, open(t, write(t, encode(t, c.v))), "c"))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "row 1: ") {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
}

// TestFurtherFields is about a later chromem-go that keeps more.
func TestFurtherFields(t *testing.T) {
	type inner struct {
		Deep  map[int][]map[string]complex128
		Flags [3]bool
		When  time
	}
	type later struct {
		Before    inner
		ID        string
		Between   []byte
		Embedding []float32
		After     *inner
	}
	type collection struct {
		Name      string
		Settings  inner
		Documents map[string]*later
		Rest      map[string]inner
	}
	full := inner{map[int][]map[string]complex128{-7: {{"a": 1 + 2i}, nil}}, [3]bool{true, false, true}, time{5}}
	v := struct {
		Version     int
		Collections map[string]collection
		Tail        []inner
	}{3, map[string]collection{"c": {"c", full, map[string]*later{"x": {full, "x", []byte("raw"), []float32{1, 2}, &full}}, map[string]inner{"r": full}}}, []inner{full, {}}}
	got, err := drain(t, rows(t, open(t, write(t, encode(t, v))), "c"))
	if diff := cmp.Diff([]domain.Chunk{{Key: "x", Embedding: []float32{1, 2}}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// time is a type that writes itself.
type time struct{ n byte }

func (t time) GobEncode() ([]byte, error) { return []byte{t.n, 1, 2}, nil }

func (t *time) GobDecode(raw []byte) error { t.n = raw[0]; return nil }

// FuzzFile has any bytes be a file, most of them near a good one.
func FuzzFile(f *testing.F) {
	raw := encode(f, some())
	for at := 0; at < len(raw); at += 97 {
		f.Add(at, []byte{0xff}, false)
	}
	f.Add(0, []byte{}, true)
	f.Add(120, []byte{0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at int, patch []byte, whole bool) {
		file := slices.Clone(raw)
		if whole {
			file = patch
		} else if at >= 0 && at < len(file) {
			copy(file[at:], patch)
		}
		path := filepath.Join(dir, "f.gob")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := chromem.Open(t.Context(), path, domain.Secret{}, "")
		if err != nil {
			return
		}
		for _, name := range f.Collections() {
			if got, _ := drain(t, rows(t, f, name)); len(got) > len(file) {
				t.Errorf("%d documents in %d bytes", len(got), len(file))
			}
		}
	})
}
