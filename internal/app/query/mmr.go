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
		in.Fields |= domain.FieldEmbedding
	}
	return in
}

// diversify leaves of the candidates found those that are hits of in, where the metric is m.
func diversify(ctx context.Context, in *Search, m domain.Metric, lists [][]domain.Hit) error {
	diverse := false
	for i := range in.Queries {
		q := &in.Queries[i]
		if !q.diverse() {
			continue
		}
		diverse = true
		hits := lists[i]
		relevance := make([]float32, len(hits))
		for j := range hits {
			relevance[j] = hits[j].Score
		}
		similar := func(a, b int) float32 { return m.Score(m.Distance(hits[a].Embedding, hits[b].Embedding)) }
		picks, ok := ranking.Diverse(relevance, q.Offset+q.K, q.MMR.Diversity, similar, func() bool { return ctx.Err() == nil })
		if !ok {
			return ctx.Err()
		}
		lists[i] = make([]domain.Hit, 0, q.K)
		for _, at := range picks[min(q.Offset, len(picks)):] {
			lists[i] = append(lists[i], hits[at])
		}
	}
	if diverse && !in.Fields.Has(domain.FieldEmbedding) {
		for _, hits := range lists {
			for j := range hits {
				hits[j].KeepOnly(in.Fields)
			}
		}
	}
	return nil
}
