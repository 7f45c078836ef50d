package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// sparse returns vectors as exportfile takes them.
func sparse(v map[string]api.SparseVector) domain.SparseVectors {
	out := make(domain.SparseVectors, len(v))
	for name, one := range v {
		out[name] = domain.SparseVector(one)
	}
	return out
}

// sparseOf is the member of such a request that declares sparse vectors, "" for none.
func sparseOf(info api.DatabaseInfo) string {
	if len(info.Sparse) == 0 {
		return ""
	}
	declared := map[string]map[string]api.SparseModifier{}
	for name, s := range info.Sparse {
		declared[name] = map[string]api.SparseModifier{}
		if s.Modifier == api.SparseIDF {
			declared[name]["modifier"] = s.Modifier
		}
	}
	raw, err := json.Marshal(declared)
	if err != nil {
		panic("export: names do not marshal: " + err.Error()) // they always do
	}
	return `,"sparse_vectors":` + string(raw)
}

// vectorsOf is the dense vectors of such a request; name is that of the embedding, "" for none.
func vectorsOf(info api.DatabaseInfo, name string) string {
	type params struct {
		Size     int    `json:"size"`
		Distance string `json:"distance"`
	}
	of := func(dims int, m api.Metric) params {
		return params{dims, map[api.Metric]string{api.Cosine: "Cosine", api.L2: "Euclid", api.InnerProduct: "Dot"}[m]}
	}
	all := map[string]params{}
	for name, v := range info.Vectors {
		all[name] = of(v.Dims, v.Metric)
	}
	var made any = all
	switch {
	case info.Dims == 0:
	case name == "" && len(all) == 0:
		made = of(info.Dims, info.Metric)
	default:
		all[name] = of(info.Dims, info.Metric)
	}
	raw, err := json.Marshal(made)
	if err != nil {
		panic("export: names do not marshal: " + err.Error()) // they always do
	}
	return string(raw)
}

// declared says what the database must declare that lines with sparse or named vectors go to, "" for
// nothing.
func declared(sparse map[string]api.SparseSettings, vectors map[string]api.VectorSettings) string {
	if len(sparse)+len(vectors) == 0 {
		return ""
	}
	what := "sparse vectors"
	if len(sparse) == 0 {
		what = "named vectors"
	} else if len(vectors) > 0 {
		what = "sparse and named vectors"
	}
	var text strings.Builder
	text.WriteString("a new database for its " + what + " is made by memista import NAME FILE")
	for _, name := range slices.Sorted(maps.Keys(sparse)) {
		fmt.Fprintf(&text, " --sparse %q", name+"="+string(sparse[name].Modifier))
	}
	for _, name := range slices.Sorted(maps.Keys(vectors)) {
		fmt.Fprintf(&text, " --named %q", fmt.Sprintf("%s:%d:%s", name, vectors[name].Dims, vectors[name].Metric))
	}
	return text.String()
}
