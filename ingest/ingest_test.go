package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/ingest"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/server"
	"github.com/memista/memista/split"
)

// desk is a folder, and a service whose embedder can be asked what it has seen.
type desk struct {
	t     *testing.T
	s     memista.Service
	texts *remotetest.Server
	dir   string
}

// onBoth runs a test on a database in memory and on a server.
func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	for _, name := range []string{"library", "client"} {
		t.Run(name, func(t *testing.T) {
			texts := remotetest.NewOpenAI(t)
			db, err := memista.Open("", &memista.Options{Embedding: memista.Embedding{Default: "openai/words", OpenAI: texts.URL + "/v1"}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			d := &desk{t: t, s: db, texts: texts, dir: t.TempDir()}
			if name == "client" {
				web := httptest.NewServer(server.New(db, nil))
				t.Cleanup(web.Close)
				if d.s, err = client.New(web.URL, nil); err != nil {
					t.Fatal(err)
				}
			}
			test(t, d)
		})
	}
}

// write writes a file; an empty one is removed.
func (d *desk) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	switch {
	case err != nil:
	case text == "":
		err = os.Remove(path)
	default:
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// add adds the folder, with three results to be compared: embedded, moved and deleted.
func (d *desk) add(embedded, moved, deleted int, paths ...string) ingest.Result {
	d.t.Helper()
	if len(paths) == 0 {
		paths = []string{d.dir}
	}
	r, err := ingest.Add(d.t.Context(), d.s, "d", paths, &ingest.Options{Batch: 3})
	if err != nil {
		d.t.Fatal(err)
	}
	if r.Embedded != embedded || r.Moved != moved || r.Deleted != deleted || r.Unchanged != r.Passages-embedded-moved {
		d.t.Errorf("Add = %+v; want %d embedded, %d moved, %d deleted", r, embedded, moved, deleted)
	}
	return r
}

// embedded returns the texts of passages that the embedder has seen since the last call.
func (d *desk) embedded() []string {
	var out []string
	for _, call := range d.texts.Memory.Calls() {
		for _, text := range call {
			if strings.Contains(text, "passage") {
				out = append(out, text)
			}
		}
	}
	slices.Sort(out)
	return out
}

// keys returns the keys that are stored, in order.
func (d *desk) keys() []string {
	d.t.Helper()
	page, err := d.s.List(d.t.Context(), "d", &memista.ListOptions{Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	var keys []string
	for _, c := range page.Chunks {
		keys = append(keys, c.Key)
	}
	slices.Sort(keys)
	return keys
}

func TestAddKeepsAFolderInStep(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.write("a.md", "# A\n\npassage one\n\n## B <x>\n\npassage two\n")
		d.write("sub/b.txt", "passage three\n")
		d.add(3, 0, 0)
		if got := d.embedded(); len(got) != 3 {
			t.Errorf("the embedder saw %q; want three passages", got)
		}
		c, err := d.s.GetByKey(t.Context(), "d", "a.md#2")
		var meta map[string]any
		if err != nil || c.Metadata.Decode(&meta) != nil {
			t.Fatal(c, err)
		}
		folder, err := filepath.EvalSymlinks(d.dir)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"source": "a.md", "title": "A", "heading": "A > B <x>", "line": 5.0, "content_hash": split.Hash(c.Text), "folder": folder}
		if diff := cmp.Diff(want, meta); diff != "" || c.Text != "## B <x>\n\npassage two" {
			t.Errorf("the text is %q, and the metadata (-want +got):\n%s", c.Text, diff)
		}

		d.add(0, 0, 0) // nothing has changed
		d.write("a.md", "# A\n\npassage one\n\n## New\n\npassage new\n\n## B <x>\n\npassage two\n")
		d.add(1, 1, 0)
		d.write("sub/c.txt", "passage three\n") // renamed
		d.write("sub/b.txt", "")
		d.add(0, 1, 1)
		d.write("a.md", "# A\n\npassage one\n")
		d.add(0, 0, 2)
		if got := d.embedded(); !cmp.Equal(got, []string{"## New\n\npassage new"}) {
			t.Errorf("the embedder saw %q; want only what is new", got)
		}
		if got := d.keys(); !cmp.Equal(got, []string{"a.md#1", "sub/c.txt#1"}) {
			t.Errorf("the keys are %q", got)
		}
	})
}

func TestAddPassesOver(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		outside := filepath.Join(t.TempDir(), "secret.md")
		if err := os.WriteFile(outside, []byte("passage outside"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(d.dir, "link.md")); err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(filepath.Dir(outside), filepath.Join(d.dir, "linked")); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{".hidden", ".git/config", "node_modules/x/a.js", "good.md",
			"memista.db", "memista.db-wal", "memista.db-shm", "memista.db-journal", "memista.db.lock", "d.hnsw", "d.usearch",
			"models/m/model.safetensors", "models/m/tokenizer.json", "models/m/README.md"} {
			d.write(name, "passage of "+name)
		}
		d.write("yarn.lock", "passage of another lock")
		d.write("image.dat", "\x89PNG\x00\xff")
		d.write("empty.md", " \n")
		r := d.add(2, 0, 0)
		if got := d.keys(); !cmp.Equal(got, []string{"good.md#1", "yarn.lock#1"}) || r.Binary != 1 || len(r.Failed) != 0 {
			t.Errorf("the keys are %q, and Add = %+v", got, r)
		}
	})
}

func TestFilesThatCannotBeRead(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.write("a.pdf", "rubbish")
		d.write("b.docx", "PK\x03\x04rubbish")
		d.write("c.jsonl", "{\"text\":\"passage\"}\n{")
		d.write("d.md", "passage \xff")
		d.write("good.jsonl", `{"text":"passage","key":"mine","metadata":{"n":12345678901234567890}}`)
		r := d.add(1, 0, 0)
		var got []string
		for _, f := range r.Failed {
			if !errors.Is(f, split.ErrFormat) {
				t.Errorf("%v; want ErrFormat", f)
			}
			got = append(got, f.Source)
		}
		if !cmp.Equal(got, []string{"a.pdf", "b.docx", "c.jsonl", "d.md"}) || !cmp.Equal(d.keys(), []string{"mine"}) {
			t.Errorf("these failed: %q; the keys are %q", got, d.keys())
		}
		d.add(0, 0, 0) // with a number that no float64 holds
		t.Run("what is stored of one that cannot be read any more stays", func(t *testing.T) {
			d.write("good.jsonl", "rubbish")
			d.add(0, 0, 0)
			if got := d.keys(); !cmp.Equal(got, []string{"mine"}) {
				t.Errorf("the keys are %q", got)
			}
		})
	})
}

func TestSeveralFolders(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.write("x/a.md", "passage one")
		d.write("y/b.md", "passage two")
		d.write("z/a.md", "passage of the same name")
		x, y, z := filepath.Join(d.dir, "x"), filepath.Join(d.dir, "y"), filepath.Join(d.dir, "z")
		d.add(2, 0, 0, x, y)
		d.write("y/b.md", "")
		d.add(0, 0, 0, x) // does not touch what is of y
		r := d.add(0, 0, 1, y, z)
		if len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Err.Error(), "add the folder above both") {
			t.Errorf("Add = %+v; want a refusal of z/a.md", r)
		}
		t.Run("two at once with the same path", func(t *testing.T) {
			d.write("v/a.md", "passage v")
			d.write("w/a.md", "passage w")
			d.write("v/b.jsonl", `{"text":"passage","key":"mine"}`)
			d.write("v/c.jsonl", `{"text":"passage","key":"mine"}`)
			r, err := ingest.Add(t.Context(), d.s, "other", []string{filepath.Join(d.dir, "v"), filepath.Join(d.dir, "w")}, nil)
			if err != nil || len(r.Failed) != 2 {
				t.Fatalf("Add = %+v, %v; want two refusals", r, err)
			}
			for i, want := range []string{"give one of the lines another key", "add the folder above both"} {
				if !strings.Contains(r.Failed[i].Error(), want) {
					t.Errorf("%v; want that it says %q", r.Failed[i], want)
				}
			}
		})
		t.Run("a file in the folder is the same as with the folder", func(t *testing.T) {
			d.add(0, 0, 0, filepath.Join(x, "a.md"))
		})
		t.Run("a folder of which it cannot be told is there", func(t *testing.T) {
			moved := filepath.Join(d.dir, "aside")
			if err := errors.Join(os.Rename(x, moved), os.Symlink("x", x)); err != nil { // a link to itself
				t.Fatal(err)
			}
			if r := d.add(0, 0, 0, moved); len(r.Failed) != 1 {
				t.Errorf("Add = %+v; want a refusal of aside/a.md", r)
			}
			if err := errors.Join(os.Remove(x), os.Rename(moved, x)); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a folder that is away is there", func(t *testing.T) {
			moved := filepath.Join(d.dir, "aside")
			if err := os.Rename(x, moved); err != nil {
				t.Fatal(err)
			}
			for _, away := range []string{x, d.dir, filepath.Join(x, "a.md")} {
				r, err := ingest.Add(t.Context(), d.s, "d", []string{moved}, &ingest.Options{Away: []string{moved, away}})
				if err != nil || len(r.Failed) != 1 || r.Moved != 0 {
					t.Errorf("Add while %s is away = %+v, %v; want a refusal", away, r, err)
				}
			}
			if err := os.Rename(moved, x); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a folder that has moved has its passages still", func(t *testing.T) {
			moved := filepath.Join(d.dir, "moved")
			if err := os.Rename(x, moved); err != nil {
				t.Fatal(err)
			}
			d.add(0, 1, 0, moved)
			if got := d.keys(); !cmp.Equal(got, []string{"a.md#1"}) {
				t.Errorf("the keys are %q", got)
			}
		})
	})
}

func TestAddThatStopsGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for i := range 10 {
			d.write(fmt.Sprintf("%d.md", i), fmt.Sprintf("passage %d", i))
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := ingest.Add(ctx, d.s, "d", []string{d.dir}, &ingest.Options{Batch: 3, Progress: func(p ingest.Progress) {
			if p.Embedded == 6 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || r.Embedded != 6 {
			t.Errorf("Add = %+v, %v; want to be canceled after two batches", r, err)
		}
		d.add(4, 0, 0)
		d.texts.Always(providertest.Say(http.StatusBadRequest, "out of order"))
		d.write("new.md", "passage new")
		if _, err := ingest.Add(t.Context(), d.s, "d", []string{d.dir}, nil); err == nil || !strings.Contains(err.Error(), "out of order") {
			t.Errorf("Add = %v; want what the embedder says", err)
		}
		if n, err := d.s.Count(t.Context(), "d", nil); err != nil || n != 10 {
			t.Errorf("Count = %d, %v", n, err)
		}
	})
}

func TestPassagesThatTheEmbedderRefuses(t *testing.T) {
	model := statictest.New().Write(t)
	db, err := memista.Open("", &memista.Options{Embedding: memista.Embedding{Default: "static/" + filepath.Base(model), Models: filepath.Dir(model)}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := &desk{t: t, s: db, dir: t.TempDir()}
	for i := range 5 {
		d.write(fmt.Sprintf("%d.md", i), fmt.Sprintf("river %d", i))
	}
	const odd = "ξένος" // no word that the model knows
	d.write("2.md", odd)
	got, err := ingest.Add(t.Context(), db, "d", []string{d.dir}, nil)
	if err != nil || got.Embedded != 4 || len(got.Failed) != 1 || got.Failed[0].Source != "2.md#1" || !errors.Is(got.Failed[0], memista.ErrInvalid) {
		t.Errorf("Add = %+v, %v; want all but one", got, err)
	}
	d.write("3.md", odd)
	got, err = ingest.Add(t.Context(), db, "d", []string{d.dir}, nil)
	if err != nil || got.Deleted != 1 || !cmp.Equal(d.keys(), []string{"0.md#1", "1.md#1", "4.md#1"}) {
		t.Errorf("Add = %+v, %v; the keys are %q", got, err, d.keys())
	}
}

func TestDatabasesOfAdd(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("passage"), 0o600); err != nil {
		t.Fatal(err)
	}
	texts := remotetest.NewOpenAI(t)
	db, err := memista.Open("", &memista.Options{Embedding: memista.Embedding{OpenAI: texts.URL + "/v1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	t.Run("a new one needs an embedder", func(t *testing.T) {
		if _, err := db.Add(t.Context(), "d", []string{dir}, nil); !errors.Is(err, memista.ErrNoEmbedder) {
			t.Errorf("Add = %v; want ErrNoEmbedder", err)
		}
	})
	t.Run("one that exists needs an embedder", func(t *testing.T) {
		if _, err := db.Create(t.Context(), "bare", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Add(t.Context(), "bare", []string{dir}, nil); !errors.Is(err, memista.ErrNoEmbedder) {
			t.Errorf("Add = %v; want ErrNoEmbedder", err)
		}
	})
	t.Run("one that is named is used", func(t *testing.T) {
		o := memista.AddOptions{Embedder: memista.Embedder{Provider: "openai", Model: "words"}}
		r, err := db.Add(t.Context(), "d", []string{dir}, &o)
		want := memista.AddResult{Files: 1, Passages: 1, Embedded: 1}
		if diff := cmp.Diff(want, r, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("Add: %v (-want +got):\n%s", err, diff)
		}
		hits, err := db.Search(t.Context(), "d", nil, 1, &memista.SearchOptions{NearText: "passage"})
		if err != nil || len(hits) != 1 || hits[0].Key != "a.md#1" {
			t.Errorf("Search = %+v, %v", hits, err)
		}
	})
	t.Run("another one than a database has is refused", func(t *testing.T) {
		o := memista.AddOptions{Embedder: memista.Embedder{Provider: "openai", Model: "others"}}
		_, err := db.Add(t.Context(), "d", []string{dir}, &o)
		if !errors.Is(err, memista.ErrOtherEmbedder) || !strings.Contains(err.Error(), "openai/words") {
			t.Errorf("Add = %v; want ErrOtherEmbedder, with the one that it has", err)
		}
		o.Embedder = memista.DefaultEmbedder
		if _, err := db.Add(t.Context(), "d", []string{dir}, &o); err != nil {
			t.Errorf("Add = %v with the default embedder", err)
		}
	})
	t.Run("a path that is not there is an error", func(t *testing.T) {
		if _, err := db.Add(t.Context(), "d", []string{filepath.Join(dir, "none")}, nil); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Add = %v", err)
		}
	})
}
