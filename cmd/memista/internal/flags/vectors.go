package flags

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// AddSparse adds the flag that declares sparse vectors.
func AddSparse(fs *pflag.FlagSet, s *map[string]api.SparseSettings) {
	fs.Var((*sparseNames)(s), "sparse", "declare a sparse vector that chunks may have, as name or name=idf; may be given several times")
}

// sparseNames are declared sparse vectors as a flag.
type sparseNames map[string]api.SparseSettings

// String implements pflag.Value.
func (n *sparseNames) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*n)) {
		all = append(all, name+"="+string((*n)[name].Modifier))
	}
	return strings.Join(all, ",")
}

// Type implements pflag.Value.
func (n *sparseNames) Type() string { return "name[=modifier]" }

// Set implements pflag.Value.
func (n *sparseNames) Set(text string) error {
	name, modifier := text, ""
	if at := strings.LastIndexByte(text, '='); at >= 0 {
		name, modifier = text[:at], text[at+1:]
	}
	m, err := domain.ParseSparseModifier(modifier)
	if err != nil {
		return err
	}
	if _, err := domain.NewSparseNames(map[string]domain.SparseModifier{name: m}); err != nil {
		return err
	}
	if *n == nil {
		*n = sparseNames{}
	}
	(*n)[name] = api.SparseSettings{Modifier: api.SparseModifier(m)}
	return nil
}

// SparseQuery reads a JSON object with name, indices and values.
func SparseQuery(text string) (*api.SparseQuery, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var q api.SparseQuery
	if err := d.Decode(&q); err != nil || d.More() || q.Name == "" {
		return nil, Usage(`--sparse must be a JSON object such as {"name": "bm25", "indices": [7, 9], "values": [1, 0.5]}`)
	}
	if err := (domain.SparseVector{Indices: q.Indices, Values: q.Values}).Check(); err != nil {
		return nil, UsageError{fmt.Errorf("--sparse: %w", err)}
	}
	return &q, nil
}

// AddVectors adds the flag called name, which declares named vectors.
func AddVectors(fs *pflag.FlagSet, name string, s *map[string]api.VectorSettings) {
	fs.Var((*namedVectors)(s), name, "declare a vector that chunks may have beside the embedding, as name:dims or name:dims:metric; may be given several times")
}

// namedVectors are declared vectors as a flag.
type namedVectors map[string]api.VectorSettings

// String implements pflag.Value.
func (n *namedVectors) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*n)) {
		v := (*n)[name]
		all = append(all, fmt.Sprintf("%s:%d:%s", name, v.Dims, v.Metric))
	}
	return strings.Join(all, ",")
}

// Type implements pflag.Value.
func (n *namedVectors) Type() string { return "name:dims[:metric]" }

// Set implements pflag.Value. A name may have colons.
func (n *namedVectors) Set(text string) error {
	name, metric := text, ""
	if at := strings.LastIndexByte(text, ':'); at >= 0 {
		if m, err := domain.ParseMetric(text[at+1:]); err == nil && at+1 < len(text) {
			name, metric = text[:at], string(m)
		}
	}
	at := strings.LastIndexByte(name, ':')
	if at < 0 {
		return fmt.Errorf("%q is not name:dims or name:dims:metric, with one of the metrics ip, cosine and l2", text)
	}
	dims, err := strconv.Atoi(name[at+1:])
	if err != nil {
		return fmt.Errorf("%q is not name:dims or name:dims:metric, with one of the metrics ip, cosine and l2", text)
	}
	name = name[:at]
	if _, err := domain.NewNamedVectors(domain.NamedVector{Name: name, Dims: dims}); err != nil {
		return err
	}
	if _, twice := (*n)[name]; twice {
		return fmt.Errorf("the vector %q is declared twice", name)
	}
	if *n == nil {
		*n = namedVectors{}
	}
	(*n)[name] = api.VectorSettings{Dims: dims, Metric: api.Metric(metric)}
	return nil
}
