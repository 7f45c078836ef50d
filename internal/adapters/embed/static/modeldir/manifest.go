package modeldir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/domain"
)

const (
	manifestFile = "memista.json"
	manifestForm = 1
	maxManifest  = 1 << 20
)

// manifest says what a model was when it came.
type manifest struct {
	Form        int             `json:"form"`
	Source      string          `json:"source"`
	Dims        int             `json:"dims"`
	Tokens      int             `json:"tokens"`
	Fingerprint string          `json:"fingerprint"`
	Licence     string          `json:"licence"`
	Files       map[string]file `json:"files"`
}

// file is what a file of a model was.
type file struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

// inspect makes the manifest of the model in the folder dir, which must be one that opens.
func inspect(dir, source string) (*manifest, error) {
	e, err := static.Open(dir, static.Options{})
	if err != nil {
		return nil, err
	}
	model, err := e.Model(context.Background())
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	m := &manifest{Form: manifestForm, Source: source, Dims: model.Dims, Tokens: e.Tokens(), Fingerprint: model.Fingerprint, Files: map[string]file{}}
	if err := e.Close(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || entry.Name() == manifestFile {
			continue
		}
		if m.Files[entry.Name()], err = hashOf(filepath.Join(dir, entry.Name())); err != nil {
			return nil, err
		}
	}
	m.Licence = licenceOf(dir)
	return m, nil
}

func hashOf(path string) (file, error) {
	f, err := os.Open(path)
	if err != nil {
		return file{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return file{n, hex.EncodeToString(sum.Sum(nil))}, err
}

// readManifest returns the manifest of the folder, nil if it has none.
func readManifest(dir string) (*manifest, error) {
	raw, err := readUpTo(filepath.Join(dir, manifestFile), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, domain.Errorf(domain.ErrCorrupt, "%s: %v", manifestFile, err)
	}
	if m.Form != manifestForm {
		return nil, domain.Errorf(domain.ErrUnsupported, "%s has the form %d, and %d is known here", manifestFile, m.Form, manifestForm)
	}
	for _, name := range []string{static.TableFile, static.TokenizerFile, static.ConfigFile} {
		if len(m.Files[name].SHA256) != 2*sha256.Size {
			return nil, domain.Errorf(domain.ErrCorrupt, "%s has no hash of %s", manifestFile, name)
		}
	}
	for name := range m.Files {
		if filepath.Base(name) != name {
			return nil, domain.Errorf(domain.ErrCorrupt, "%s names a file %q", manifestFile, name)
		}
	}
	return &m, nil
}

func (m *manifest) write(dir string) error {
	raw, err := json.Marshal(m, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestFile), append(raw, '\n'), 0o644)
}

// verify compares the files of the folder with the manifest, which may be nil.
func (m *manifest) verify(dir string) error {
	if m == nil {
		return nil
	}
	for name, want := range m.Files {
		got, err := hashOf(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && got != want {
			return changed(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// licenceOf returns what the files of a model say of its licence: the card at the head of
// README.md, else the first line of LICENSE.
func licenceOf(dir string) string {
	const most = 1 << 16
	readme, _ := readUpTo(filepath.Join(dir, "README.md"), most)
	if card, ok := strings.CutPrefix(string(readme), "---\n"); ok {
		card, _, _ = strings.Cut(card, "\n---")
		for line := range strings.Lines(card) {
			if text, ok := strings.CutPrefix(line, "license:"); ok {
				return plain(text)
			}
		}
	}
	licence, _ := readUpTo(filepath.Join(dir, "LICENSE"), most)
	for line := range strings.Lines(string(licence)) {
		if strings.TrimSpace(line) != "" {
			return plain(line)
		}
	}
	return ""
}

// plain returns text for a line of a terminal.
func plain(text string) string {
	const most = 80
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 127 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// readUpTo reads a file of at most limit bytes.
func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = domain.Errorf(domain.ErrTooLarge, "%s has more than %d bytes", filepath.Base(path), limit)
	}
	return raw, err
}
