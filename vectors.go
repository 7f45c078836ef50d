package memista

import "github.com/memista/memista/internal/domain"

func toSparse(v map[string]SparseVector) domain.SparseVectors {
	if len(v) == 0 {
		return nil
	}
	out := make(domain.SparseVectors, len(v))
	for name, one := range v {
		out[name] = domain.SparseVector(one)
	}
	return out
}

func fromSparse(v domain.SparseVectors) map[string]SparseVector {
	if len(v) == 0 {
		return nil
	}
	out := make(map[string]SparseVector, len(v))
	for name, one := range v {
		out[name] = SparseVector(one)
	}
	return out
}

func toSparseNames(s map[string]SparseSettings) (domain.SparseNames, error) {
	modifiers := make(map[string]domain.SparseModifier, len(s))
	for name, set := range s {
		modifiers[name] = domain.SparseModifier(set.Modifier)
	}
	return domain.NewSparseNames(modifiers)
}

func fromSparseNames(n domain.SparseNames) map[string]SparseSettings {
	if n.Len() == 0 {
		return nil
	}
	out := map[string]SparseSettings{}
	for name, m := range n.All() {
		out[name] = SparseSettings{Modifier: SparseModifier(m)}
	}
	return out
}

func toSparseQuery(q *SparseQuery) *domain.SparseQuery {
	if q == nil {
		return nil
	}
	return &domain.SparseQuery{Name: q.Name, Vector: domain.SparseVector{Indices: q.Indices, Values: q.Values}}
}

func fromSparseWork(w *domain.SparseWork, hits []domain.Hit) *ExplainSparse {
	if w.Name == "" {
		return nil
	}
	out := &ExplainSparse{Name: w.Name, Entries: w.Entries, Visited: w.Visited, Found: w.Found, Ranks: make([]ExplainSparseRanks, len(hits))}
	if w.Fusion != "" {
		out.Fusion = &ExplainSparseFusion{
			ExplainFusion: ExplainFusion{Method: FusionMethod(w.Fusion), VectorWeight: w.VectorWeight, TextWeight: w.TextWeight}, SparseWeight: w.SparseWeight,
		}
	}
	for i := range hits {
		if p := hits[i].Places; p != nil {
			out.Ranks[i] = ExplainSparseRanks{Vector: p.Vector.Rank, Text: p.Text.Rank, Sparse: p.Sparse.Rank}
		}
	}
	return out
}

func toNamed(s map[string]VectorSettings) (domain.NamedVectors, error) {
	list := make([]domain.NamedVector, 0, len(s))
	for name, set := range s {
		list = append(list, domain.NamedVector{Name: name, Dims: set.Dims, Metric: domain.Metric(set.Metric)})
	}
	return domain.NewNamedVectors(list...)
}

func fromNamed(n domain.NamedVectors) map[string]VectorSettings {
	if n.Len() == 0 {
		return nil
	}
	out := map[string]VectorSettings{}
	for v := range n.All() {
		out[v.Name] = VectorSettings{Dims: v.Dims, Metric: Metric(v.Metric)}
	}
	return out
}

func toSparsePatch(v map[string]*SparseVector) map[string]*domain.SparseVector {
	if v == nil {
		return nil
	}
	out := make(map[string]*domain.SparseVector, len(v))
	for name, one := range v {
		out[name] = (*domain.SparseVector)(one)
	}
	return out
}
