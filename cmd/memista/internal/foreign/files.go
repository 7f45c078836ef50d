package foreign

import (
	"context"

	"github.com/memista/memista/internal/adapters/importfile/chromem"
	"github.com/memista/memista/internal/adapters/importfile/sqlitevec"
	"github.com/memista/memista/internal/domain"
)

// chromemStore is a file or a directory of chromem-go.
type chromemStore struct{ file *chromem.File }

func openChromem(ctx context.Context, _ *From, where string, key domain.Secret) (Store, string, error) {
	f, err := chromem.Open(ctx, where, key, hint)
	return chromemStore{f}, "", err
}

func (s chromemStore) Collections(context.Context) ([]string, error) {
	return s.file.Collections(), nil
}

// Collection returns one; chromem-go has cosine similarity only.
func (s chromemStore) Collection(_ context.Context, name string) (Collection, error) {
	rows, err := s.file.Collection(name)
	if err != nil {
		return Collection{}, err
	}
	return Collection{Name: name, Rows: rows, Metric: metric(domain.Cosine), Close: rows.Close}, nil
}

func (s chromemStore) Close() error { return nil }

// vecStore is a SQLite file with tables of sqlite-vec.
type vecStore struct {
	*sqlitevec.File
	choice sqlitevec.Choice
}

func openSQLiteVec(ctx context.Context, f *From, where string, _ domain.Secret) (Store, string, error) {
	file, err := sqlitevec.Open(ctx, where)
	if err != nil {
		return nil, "", err
	}
	return vecStore{file, sqlitevec.Choice{Vector: f.vector, TextField: f.textField}}, "", nil
}

func (s vecStore) Collections(context.Context) ([]string, error) { return s.Tables(), nil }

func (s vecStore) Collection(ctx context.Context, name string) (Collection, error) {
	rows, info, err := s.Table(ctx, name, s.choice)
	if err != nil {
		return Collection{}, err
	}
	return Collection{Name: name, Rows: rows, Metric: metric(info.Metric), Distance: info.Distance, Dims: info.Dims, Close: closed}, nil
}
