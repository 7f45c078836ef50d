package query

import (
	"cmp"
	"context"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/ranking"
)

// checkMMR refuses what is wrong with what q says of diversity.
func (s *Searcher) checkMMR(q *Query) error {
	m := q.MMR
	if m == nil {
		return nil
	}
	most := min(domain.MaxMMRCandidates, s.limits.Results)
	switch {
	case q.Text != "" || q.Sparse != nil || q.Rerank != nil:
		return domain.FieldErrorf(domain.ErrInvalid, "mmr", "is for a query by an embedding alone, without text, sparse vector and rerank")
	case !(m.Diversity >= 0 && m.Diversity <= 1): // nor NaN
		return domain.FieldErrorf(domain.ErrInvalid, "mmr", "diversity must be between 0 and 1, got %v", m.Diversity)
	case m.Candidates < 0 || m.Candidates > most:
		return domain.FieldErrorf(domain.ErrInvalid, "mmr", "candidates must be between 1 and %d, got %d", most, m.Candidates)
	case q.diverse() && q.Offset+q.K > most:
		return domain.FieldErrorf(domain.ErrInvalid, "mmr", "offset + k must be at most %d, got %d + %d", most, q.Offset, q.K)
	}
	return nil
}

// diverse reports whether the hits of q are to differ from each other.
func (q *Query) diverse() bool { return q.MMR != nil && q.MMR.Diversity > 0 }

// candidates is how many hits are looked for, of which those of q are a part.
func (q *Query) candidates(most int) int {
	if !q.diverse() {
		return q.Offset + q.K
	}
	return max(q.Offset+q.K, min(cmp.Or(q.MMR.Candidates, domain.DefaultMMRCandidates), most))
}

// widened returns in as it is searched: a query whose hits are to be diverse finds its
// candidates, with their embeddings.
func (s *Searcher) widened(in Search) Search {
	copied := false
	for i := range in.Queries {
		q := &in.Queries[i]
		if !q.diverse() {
			continue
		}
		if !copied {
			in.Queries, copied = append([]Query(nil), in.Queries...), true
			q = &in.Queries[i]
		}
		q.K, q.Offset = q.candidates(s.limits.Results), 0
		in.Fields |= q.vectorField()
	}
	return in
}

// Widened returns in as it is searched where nothing is said of diversity: a query whose hits
// are to be diverse finds its candidates, with their embeddings. Diversify makes its hits.
func (s *Searcher) Widened(in Search) Search { return s.widened(in) }

// Diversify leaves of what a search that was widened has found in a database with settings
// set the hits of in.
func Diversify(ctx context.Context, in *Search, set *domain.Settings, found *Found) error {
	a := answer{Found: *found, of: &attempt{info: domain.Database{Settings: *set}}}
	err := diversify(ctx, in, &a)
	*found = a.Found
	return err
}

// checkDiversity refuses queries whose hits take more comparisons in all than a search may make.
func (s *Searcher) checkDiversity(queries []Query) error {
	pairs := 0
	for i := range queries {
		if q := &queries[i]; q.diverse() {
			pairs += q.candidates(s.limits.Results) * (q.Offset + q.K)
		}
	}
	if pairs > domain.MaxMMRPairs {
		return domain.Errorf(domain.ErrTooLarge, "mmr: candidates × (offset + k) of all queries in one search are %d together, at most %d are allowed: send fewer queries at once, or ask for fewer candidates or hits", pairs, domain.MaxMMRPairs)
	}
	return nil
}

// diversify leaves of the candidates in found those that are hits of in, side by side.
func diversify(ctx context.Context, in *Search, found *answer) error {
	var asked []int
	for i := range in.Queries {
		if in.Queries[i].diverse() {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	one := func(ctx context.Context, n int) (err error) {
		i := asked[n]
		found.Hits[i], err = in.Queries[i].diversified(ctx, found.of.set(i).Metric, found.Hits[i])
		return err
	}
	var err error
	if len(asked) == 1 {
		err = one(ctx, 0)
	} else {
		err = sideBySide(ctx, len(asked), one)
	}
	if err != nil {
		return err
	}
	for _, hits := range found.Hits {
		for j := range hits {
			hits[j].KeepOnly(in.Fields)
		}
	}
	return nil
}

// diversified returns those of the candidates that are hits of q, where the metric is m.
func (q *Query) diversified(ctx context.Context, m domain.Metric, candidates []domain.Hit) ([]domain.Hit, error) {
	relevance, vectors := make([]float32, len(candidates)), make([][]float32, len(candidates))
	for i := range candidates {
		relevance[i], vectors[i] = candidates[i].Score, q.vectorOf(&candidates[i].Chunk)
	}
	picks, ok := ranking.Diverse(relevance, q.Offset+q.K, q.MMR.Diversity, ranking.Similarities(m, vectors), func() bool { return ctx.Err() == nil })
	if !ok {
		return nil, ctx.Err()
	}
	hits := make([]domain.Hit, 0, q.K)
	for _, at := range picks[min(q.Offset, len(picks)):] {
		hits = append(hits, candidates[at])
	}
	return hits, nil
}
