package foreign

import (
	"context"
	"net/url"
	"path"
	"strings"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/adapters/importfile/chroma"
	"github.com/memista/memista/internal/adapters/importfile/qdrant"
	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/domain"
)

// split cuts the name of a collection off an address. With --collection or --all, and where a
// slash ends it, all of it is where the server is.
func (f *From) split(where string) (base, named string, err error) {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", "", flags.Usage("SOURCE must be the address of a server, such as http://127.0.0.1:6333")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", "", flags.Usage("the address of the server must end with its path")
	}
	if f.Collection == "" && !f.All && !strings.HasSuffix(u.Path, "/") {
		u.Path, named = path.Split(u.Path)
		u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/collections/"), "" // as the API has it
	}
	return u.String(), named, nil
}

// qdrantStore is a Qdrant server.
type qdrantStore struct {
	*qdrant.Server
	choice qdrant.Choice
}

func openQdrant(_ context.Context, f *From, where string, key domain.Secret) (Store, string, error) {
	base, named, err := f.split(where)
	if err != nil {
		return nil, "", err
	}
	s, err := qdrant.Open(remote.Options{URL: base, Key: key, Hint: hint, Again: f.again})
	if err != nil {
		return nil, "", err
	}
	return qdrantStore{s, qdrant.Choice{Vector: f.vector, TextField: f.textField}}, named, nil
}

func (s qdrantStore) Collection(ctx context.Context, name string) (Collection, error) {
	rows, info, err := s.Server.Collection(ctx, name, s.choice)
	if err != nil {
		return Collection{}, err
	}
	c := Collection{Name: name, Rows: rows, Metric: metric(info.Metric), Distance: info.Distance, Dims: info.Dims, Close: closed}
	if info.Distance == "" {
		c.Metric = metric(domain.DefaultMetric) // there is nothing to measure
		c.Notes = append(c.Notes, "its points have no vectors that memista keeps")
	}
	for name, m := range info.Sparse.All() {
		if c.Sparse == nil {
			c.Sparse = map[string]api.SparseSettings{}
		}
		c.Sparse[name] = api.SparseSettings{Modifier: api.SparseModifier(m)}
	}
	return c, nil
}

// chromaStore is a Chroma server.
type chromaStore struct{ *chroma.Server }

func openChroma(ctx context.Context, f *From, where string, key domain.Secret) (Store, string, error) {
	base, named, err := f.split(where)
	if err != nil {
		return nil, "", err
	}
	s, err := chroma.Open(ctx, remote.Options{URL: base, Key: key, Hint: hint, Again: f.again}, chroma.Place{Tenant: f.tenant, Database: f.database})
	if err != nil {
		return nil, "", err
	}
	return chromaStore{s}, named, nil
}

func (s chromaStore) Collection(ctx context.Context, name string) (Collection, error) {
	rows, info, err := s.Server.Collection(ctx, name, remote.Bounds{})
	if err != nil {
		return Collection{}, err
	}
	return Collection{Name: name, Rows: rows, Metric: metric(info.Metric), Distance: info.Space, Dims: info.Dims, Close: closed}, nil
}
