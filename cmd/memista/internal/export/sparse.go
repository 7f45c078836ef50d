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

// declared says what the database must declare that lines with sparse vectors go to, "" for
// nothing.
func declared(sparse map[string]api.SparseSettings) string {
	if len(sparse) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("a new database for its sparse vectors is made by memista import NAME FILE")
	for _, name := range slices.Sorted(maps.Keys(sparse)) {
		fmt.Fprintf(&text, " --sparse %q", name+"="+string(sparse[name].Modifier))
	}
	return text.String()
}
