package flags

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
