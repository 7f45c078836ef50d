// Package modeldir keeps static models: each is a folder in a directory, and has the name of
// the folder. A folder comes whole or not at all, with the hashes of its files.
package modeldir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/domain"
)

// Beside returns the directory of the models that belong to a data file: models, beside it.
func Beside(dataFile string) string { return filepath.Join(filepath.Dir(dataFile), "models") }

// Dir is a directory of models. It is safe for concurrent use, also by several processes.
type Dir struct{ path string }

// New returns the models in the directory at path, which need not exist.
func New(path string) *Dir { return &Dir{path: path} }

// Path returns where the models are.
func (d *Dir) Path() string { return d.path }

// Info tells of a model.
type Info struct {
	Name        string
	Provider    string
	Dims        int
	Tokens      int   // words or parts of words that it knows
	Bytes       int64 // of all its files
	Fingerprint string
	Source      string // where it is from; empty if it was put there by hand
	Licence     string // what its files say, in a line; empty if they say nothing
	Problem     string // why it cannot be used; empty if it can
}

// Open opens the model called name. If it has hashes they are compared first, which reads all
// of it. A name that is none is ErrInvalid, one that there is no model of ErrNotFound, and a
// model that is not as it came ErrCorrupt.
func (d *Dir) Open(name string, o static.Options) (*static.Embedder, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	path := filepath.Join(d.path, name)
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, domain.Errorf(&NoModelError{name, d.path}, "there is no static model %q: there is %s (`memista model pull` brings one)", name, d.names())
	}
	m, err := readManifest(path)
	if err != nil {
		return nil, domain.At(err, "the model "+name)
	}
	if err := m.verify(path); err != nil {
		return nil, domain.At(err, "the model "+name)
	}
	o.Name = name
	if o.Revision == "" && m != nil {
		o.Revision = m.Files[static.TableFile].SHA256[:revisionLength]
	}
	return static.Open(path, o)
}

// NoModelError is the kind of ErrNotFound that Open returns. It knows where the model was
// looked for, which callers over a network are not told.
type NoModelError struct{ Name, Dir string }

// Error returns the name of the model and the directory.
func (e *NoModelError) Error() string { return "no static model " + e.Name + " in " + e.Dir }

// Unwrap returns ErrNotFound.
func (e *NoModelError) Unwrap() error { return domain.ErrNotFound }

// revisionLength is how much of the hash of its table is the revision of a model.
const revisionLength = 12

// names lists the models for a message.
func (d *Dir) names() string {
	names, err := d.folders()
	if err != nil || len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// folders returns the names of the folders of models, in order.
func (d *Dir) folders() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && CheckName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// List tells of all models, in the order of their names. It does not compare hashes.
func (d *Dir) List() ([]Info, error) {
	names, err := d.folders()
	if err != nil {
		return nil, err
	}
	all := make([]Info, 0, len(names))
	for _, name := range names {
		info, err := d.describe(name)
		if err != nil {
			info = Info{Name: name, Provider: static.Provider, Problem: err.Error()}
		}
		all = append(all, info)
	}
	return all, nil
}

// describe tells of a model from its manifest, else by opening it.
func (d *Dir) describe(name string) (Info, error) {
	path := filepath.Join(d.path, name)
	m, err := readManifest(path)
	if err != nil {
		return Info{}, err
	}
	if m == nil {
		if m, err = inspect(path, ""); err != nil {
			return Info{}, err
		}
	}
	info := Info{
		Name: name, Provider: static.Provider, Dims: m.Dims, Tokens: m.Tokens,
		Fingerprint: m.Fingerprint, Source: m.Source, Licence: m.Licence,
	}
	for file, f := range m.Files {
		info.Bytes += f.Bytes
		if st, err := os.Stat(filepath.Join(path, file)); err != nil || st.Size() != f.Bytes {
			return Info{}, changed(file)
		}
	}
	return info, nil
}

// CheckName returns ErrInvalid for what cannot be the name of a model: it is what can be the
// name of a database, so that no name leads out of the directory, on any system.
func CheckName(name string) error {
	if domain.CheckID(name) != nil {
		return domain.Errorf(domain.ErrInvalid, "%q is no name of a model: it has letters, digits, -, _ and ., and does not begin with a dot", name)
	}
	if domain.FileName(name, "x") != name+".x" || strings.HasSuffix(name, ".") {
		return domain.Errorf(domain.ErrInvalid, "%q is no name of a model: some systems have no file of that name", name)
	}
	return nil
}

func changed(file string) error {
	return domain.Errorf(domain.ErrCorrupt, "%s is not what it was when it came: remove the folder and bring the model again", file)
}
