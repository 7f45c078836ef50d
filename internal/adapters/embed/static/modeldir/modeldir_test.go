package modeldir_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// fill returns what fills a folder with a copy of a small model.
func fill(t *testing.T) func(dir string) error {
	t.Helper()
	from := statictest.New().Write(t)
	return func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("---\nlanguage: en\nlicense: \"mit\"\n---\n# A model\n"), 0o600); err != nil {
			return err
		}
		return os.CopyFS(dir, os.DirFS(from))
	}
}

func install(t *testing.T, d *modeldir.Dir, name string) modeldir.Info {
	t.Helper()
	info, err := d.Install(name, "a test", fill(t))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestInstall(t *testing.T) {
	d := modeldir.New(filepath.Join(t.TempDir(), "models"))
	if all, err := d.List(); err != nil || len(all) != 0 {
		t.Errorf("List of a directory that is not there = %v, %v; want nothing", all, err)
	}
	info := install(t, d, "tiny")
	e, err := d.Open("tiny", static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m, err := e.Model(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "tiny" || len(m.Revision) != 12 || m.Fingerprint != info.Fingerprint {
		t.Errorf("Model = %+v; want the name, a revision and the fingerprint of %+v", m, info)
	}
	want := modeldir.Info{
		Name: "tiny", Provider: "static", Dims: statictest.Dims, Tokens: e.Tokens(), Bytes: info.Bytes,
		Fingerprint: m.Fingerprint, Source: "a test", Licence: "mit",
	}
	if info != want || info.Bytes <= e.Bytes() {
		t.Errorf("Install = %+v; want %+v, of more than %d bytes", info, want, e.Bytes())
	}
	if all, err := d.List(); err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("List = %+v, %v; want %+v", all, err, want)
	}
	t.Run("a name that is taken is ErrConflict, and its model stays", func(t *testing.T) {
		if _, err := d.Install("tiny", "another", fill(t)); !errors.Is(err, domain.ErrConflict) {
			t.Errorf("Install = %v; want ErrConflict", err)
		}
		if all, err := d.List(); err != nil || len(all) != 1 || all[0].Source != "a test" {
			t.Errorf("List = %+v, %v; want the first model", all, err)
		}
	})
	t.Run("of many at once one gets the name", func(t *testing.T) {
		var wg sync.WaitGroup
		won := make(chan error, 4)
		f := fill(t)
		for range cap(won) {
			wg.Go(func() {
				_, err := d.Install("race", "a test", f)
				won <- err
			})
		}
		wg.Wait()
		close(won)
		n := 0
		for err := range won {
			if err == nil {
				n++
			} else if !errors.Is(err, domain.ErrConflict) {
				t.Errorf("Install beside others = %v; want ErrConflict", err)
			}
		}
		if n != 1 {
			t.Errorf("%d of 4 were installed; want 1", n)
		}
	})
}

func TestInstallLeavesNothingHalf(t *testing.T) {
	path := t.TempDir()
	d := modeldir.New(path)
	fault := errors.New("the line broke")
	for name, f := range map[string]func(string) error{
		"a failure in the middle": func(dir string) error {
			if err := os.WriteFile(filepath.Join(dir, static.ConfigFile), []byte("{}"), 0o600); err != nil {
				return err
			}
			return fault
		},
		"a model that does not open": func(dir string) error {
			if err := fill(t)(dir); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, static.TokenizerFile), []byte("{}"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := d.Install("half", "a test", f); err == nil || name == "a failure in the middle" && !errors.Is(err, fault) {
				t.Errorf("Install = %v; want the failure", err)
			}
			if entries, _ := os.ReadDir(path); len(entries) != 0 {
				t.Errorf("there is %v left", entries)
			}
		})
	}
	t.Run("what a kill has left is no model, and goes when it is old", func(t *testing.T) {
		left := filepath.Join(path, ".unfinished-1")
		fresh := filepath.Join(path, ".unfinished-2")
		for _, dir := range []string{left, fresh} {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		old := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(left, old, old); err != nil {
			t.Fatal(err)
		}
		if all, err := d.List(); err != nil || len(all) != 0 {
			t.Errorf("List = %v, %v; want nothing", all, err)
		}
		install(t, d, "whole")
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("the old folder is still there: %v", err)
		}
		if _, err := os.Stat(fresh); err != nil {
			t.Errorf("a folder that may be in use is gone: %v", err)
		}
	})
}

func TestOpen(t *testing.T) {
	path := t.TempDir()
	d := modeldir.New(path)
	install(t, d, "tiny")
	t.Run("names that are no names are ErrInvalid", func(t *testing.T) {
		for _, name := range []string{"", ".", "..", "../tiny", "a/b", `a\b`, ".hidden", "con", "tiny.", "a b", strings.Repeat("x", 500)} {
			if _, err := d.Open(name, static.Options{}); !errors.Is(err, domain.ErrInvalid) {
				t.Errorf("Open(%q) = %v; want ErrInvalid", name, err)
			}
			if _, err := d.Install(name, "", fill(t)); !errors.Is(err, domain.ErrInvalid) {
				t.Errorf("Install(%q) = %v; want ErrInvalid", name, err)
			}
		}
	})
	t.Run("a model that is not there is ErrNotFound, and says what is", func(t *testing.T) {
		if _, err := d.Open("other", static.Options{}); !errors.Is(err, domain.ErrNotFound) || !strings.Contains(err.Error(), "tiny") {
			t.Errorf("Open = %v; want ErrNotFound that names tiny", err)
		}
	})
	t.Run("a model without hashes opens and is listed", func(t *testing.T) {
		if err := os.CopyFS(filepath.Join(path, "byhand"), os.DirFS(statictest.New().Write(t))); err != nil {
			t.Fatal(err)
		}
		e, err := d.Open("byhand", static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if got, err := e.Embed(context.Background(), []string{"a river"}, ports.PurposeDocument); err != nil || len(got) != 1 {
			t.Errorf("Embed = %v, %v", got, err)
		}
		all, err := d.List()
		if err != nil || len(all) != 2 || all[0].Name != "byhand" || all[0].Source != "" || all[0].Dims != statictest.Dims {
			t.Errorf("List = %+v, %v; want byhand and tiny", all, err)
		}
	})
	for name, spoil := range map[string]func(dir string) error{
		"a byte that has changed": func(dir string) error {
			raw, err := os.ReadFile(filepath.Join(dir, static.TableFile))
			if err != nil {
				return err
			}
			raw[len(raw)-1] ^= 1
			return os.WriteFile(filepath.Join(dir, static.TableFile), raw, 0o600)
		},
		"a file that is gone": func(dir string) error { return os.Remove(filepath.Join(dir, static.TokenizerFile)) },
		"a damaged manifest":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "memista.json"), []byte("{"), 0o600) },
		"a manifest without hashes": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "memista.json"), []byte(`{"form":1}`), 0o600)
		},
		"a manifest that names a file elsewhere": func(dir string) error {
			raw, err := os.ReadFile(filepath.Join(dir, "memista.json"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "memista.json"), []byte(strings.Replace(string(raw), `"README.md"`, `"../README.md"`, 1)), 0o600)
		},
	} {
		t.Run(name+" is ErrCorrupt", func(t *testing.T) {
			d := modeldir.New(t.TempDir())
			install(t, d, "spoiled")
			if err := spoil(filepath.Join(d.Path(), "spoiled")); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Open("spoiled", static.Options{}); !errors.Is(err, domain.ErrCorrupt) {
				t.Errorf("Open = %v; want ErrCorrupt", err)
			}
			if all, err := d.List(); err != nil || len(all) != 1 || all[0].Problem == "" && name != "a byte that has changed" {
				t.Errorf("List = %+v, %v; want a model with a problem", all, err)
			}
		})
	}
	t.Run("a manifest of a later form is ErrUnsupported", func(t *testing.T) {
		d := modeldir.New(t.TempDir())
		install(t, d, "later")
		if err := os.WriteFile(filepath.Join(d.Path(), "later", "memista.json"), []byte(`{"form":2}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Open("later", static.Options{}); !errors.Is(err, domain.ErrUnsupported) {
			t.Errorf("Open = %v; want ErrUnsupported", err)
		}
	})
}

func TestBeside(t *testing.T) {
	if got, want := modeldir.Beside(filepath.Join("data", "memista.db")), filepath.Join("data", "models"); got != want {
		t.Errorf("Beside = %q; want %q", got, want)
	}
}
