package qdrant

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/domain"
)

// Choice says what of the points to take.
type Choice struct {
	Vector    string // name of the vector, if there are several
	TextField string // field of the payload with the text, "" is the first that is known
	Bounds    remote.Bounds
}

// Info is what a collection says about itself.
type Info struct {
	Dims   int           // of the vector that is taken; 0: points have none, or there are none yet
	Metric domain.Metric // "": memista has none that is like Distance
	// Distance is what Qdrant calls the metric; "" without a vector.
	Distance string
	Count    int64
	Sparse   domain.SparseNames // names of the sparse vectors
	Vector   string             // name of the vector that is taken; "" if it has none
}

// params are the settings of the vectors of one name.
type params struct {
	Size     int            `json:"size"`
	Distance string         `json:"distance"`
	Multi    jsontext.Value `json:"multivector_config"`
}

// Collection returns the points of the collection called name. A name that does not exist is
// a *provider.Failure, several vectors of which none is chosen ErrInvalid.
func (s *Server) Collection(ctx context.Context, name string, c Choice) (*remote.Rows, Info, error) {
	if strings.ContainsAny(name, "/?") {
		return nil, Info{}, domain.Errorf(domain.ErrInvalid, "Qdrant has no collections with names such as %q", name)
	}
	path := "/collections/" + name
	var found *struct {
		Config struct {
			Params struct {
				Vectors jsontext.Value          `json:"vectors"`
				Sparse  map[string]sparseParams `json:"sparse_vectors"`
			} `json:"params"`
		} `json:"config"`
	}
	if err := s.ask(ctx, path, nil, metaBytes, &found); err != nil {
		return nil, Info{}, err
	}
	if found == nil {
		return nil, Info{}, errNoResult
	}
	var info Info
	err := info.choose(found.Config.Params.Vectors, c.Vector)
	if err == nil {
		info.Sparse, err = declared(found.Config.Params.Sparse)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("collection %q: %w", name, err)
	}
	var n *struct {
		Count int64 `json:"count"`
	}
	if err := s.ask(ctx, path+"/points/count", map[string]bool{"exact": true}, metaBytes, &n); err != nil {
		return nil, Info{}, err
	}
	if n == nil {
		return nil, Info{}, errNoResult
	}
	info.Count = n.Count
	if info.Dims == 0 && info.Distance != "" && info.Count > 0 { // memista says so of what is empty
		return nil, Info{}, fmt.Errorf("collection %q: %w", name, badSize(0))
	}
	points := &points{server: s, path: path + "/points/scroll", vector: info.Vector, sparse: info.Sparse, text: c.TextField}
	return remote.NewRows(points, remote.About{
		Count: info.Count, Dims: info.Dims, Bounds: c.Bounds,
		Identity: fmt.Sprintf("qdrant %s %q %q %d %q %v", s.url, name, info.Vector, info.Dims, c.TextField, info.Sparse),
	}), info, nil
}

// choose finds the vector called name, or the only one, in the settings of a collection.
func (i *Info) choose(raw jsontext.Value, name string) error {
	if raw.Kind() != '{' { // sparse vectors only
		return i.absent(name, nil)
	}
	var some map[string]jsontext.Value
	if err := json.Unmarshal(raw, &some); err != nil {
		return err
	}
	if some["size"].Kind() == '0' { // the vector has no name
		if name != "" {
			return i.absent(name, []string{""})
		}
		return i.take(name, raw)
	}
	names := slices.Sorted(maps.Keys(some))
	switch {
	case name == "" && len(names) == 1:
		name = names[0]
	case name == "" && len(names) > 1:
		if _, ok := some[""]; !ok {
			return domain.Errorf(domain.ErrInvalid, "its points have several vectors, choose one: %s", quoted(names))
		}
	}
	if _, ok := some[name]; !ok {
		return i.absent(name, names)
	}
	return i.take(name, some[name])
}

func (i *Info) absent(name string, names []string) error {
	switch {
	case name == "":
		return nil
	case len(names) == 0:
		return domain.Errorf(domain.ErrInvalid, "its points have no vector %q, and none at all", name)
	}
	return domain.Errorf(domain.ErrInvalid, "its points have no vector %q, but %s", name, quoted(names))
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(out, ", ")
}

func badSize(n int) error {
	return domain.Errorf(domain.ErrInvalid, "vectors of %d numbers, between 1 and %d are allowed", n, domain.MaxDims)
}

// take reads the settings of the vector called name.
func (i *Info) take(name string, raw jsontext.Value) error {
	var p params
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	if k := p.Multi.Kind(); k != 0 && k != 'n' {
		return domain.Errorf(domain.ErrUnsupported, "its vector %q is a list of vectors (multivector), of which memista keeps one per chunk", name)
	}
	if p.Size < 0 || p.Size > domain.MaxDims {
		return badSize(p.Size)
	}
	i.Vector, i.Dims, i.Distance = name, p.Size, p.Distance
	switch p.Distance {
	case "Cosine":
		i.Metric = domain.Cosine
	case "Euclid":
		i.Metric = domain.L2
	case "Dot":
		i.Metric = domain.InnerProduct
	}
	return nil
}
