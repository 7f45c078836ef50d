package engines

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Files are the index files of databases.
type Files struct {
	*Set
	ports.IndexFiles
}

// File is where and how the graphs of a database are kept in a file.
type File struct {
	files  ports.IndexFiles
	engine ports.FileEngine
	id     string // of the database
}

// Of returns how graphs of database info are kept; nil where they are not: in memory, or
// with an engine that cannot.
func (f Files) Of(info domain.Database) *File {
	engine, ok := f.Graph(info.Engine).(ports.FileEngine)
	if !ok || f.IndexFiles == nil {
		return nil
	}
	return &File{f.IndexFiles, engine, info.ID}
}

// RemoveAll removes the index files of database id, whatever engine wrote them. What does
// not bear our mark stays. It tells report what went wrong.
func (f Files) RemoveAll(id string, report func(error)) {
	for _, fe := range f.fileEngines() {
		if err := f.remove(fe, id); err != nil {
			report(err)
		}
	}
}

// All calls fn with the id of every index file, and what removes that. A directory that
// cannot be read has none.
func (f Files) All(fn func(id string, remove func() error)) {
	for _, fe := range f.fileEngines() {
		ids, err := f.List(fe)
		if err != nil {
			continue // whoever needs the files will say so
		}
		for _, id := range ids {
			fn(id, func() error { return f.remove(fe, id) })
		}
	}
}

func (f Files) remove(fe ports.FileEngine, id string) error {
	err := f.Remove(fe, id)
	if errors.Is(err, domain.ErrForeignFile) {
		return nil
	}
	return err
}

func (f Files) fileEngines() (list []ports.FileEngine) {
	for _, e := range f.graphs {
		if fe, ok := e.(ports.FileEngine); ok {
			list = append(list, fe)
		}
	}
	return list
}

// Open reads the graph of a database with settings set in the life incarnation.
func (f *File) Open(set domain.Settings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	return f.files.Open(f.engine, f.id, GraphSettings(set), life)
}

// Save writes ix as the state snap.
func (f *File) Save(ctx context.Context, ix ports.Saver, snap ports.Snapshot) error {
	return f.files.Save(ctx, f.engine, f.id, ix, snap)
}

// Remove removes the file.
func (f *File) Remove() error { return f.files.Remove(f.engine, f.id) }

// Size is how many bytes the file has, 0 if there is none.
func (f *File) Size() int64 { return f.files.Size(f.engine, f.id) }
