package query

import (
	"context"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// textPlan is what the words of a query come to.
type textPlan struct {
	query  ports.TextQuery
	fusion domain.Fusion
}

// fusionOf refuses what is wrong with the words of q whatever its database, and returns how
// its lists become one.
func (s *Searcher) fusionOf(q *Query) (domain.Fusion, error) {
	if q.Text == "" {
		if q.AllWords || q.Fusion != (domain.Fusion{}) {
			return q.Fusion, domain.Errorf(domain.ErrInvalid, "match and fusion are for a query with text")
		}
		return q.Fusion, nil
	}
	if err := domain.CheckText(q.Text); err != nil {
		return q.Fusion, err
	}
	fusion, err := q.Fusion.WithDefaults()
	if err == nil && fusion.Candidates > s.limits.Results {
		err = domain.Errorf(domain.ErrInvalid, "fusion: candidates must be between 1 and %d, got %d", s.limits.Results, fusion.Candidates)
	}
	return fusion, err
}

// textPlan returns the plan for the words of q, or nil if it has none.
func (s *Searcher) textPlan(q *Query, by domain.Tokenizer) (*textPlan, error) {
	if q.Text == "" {
		return nil, nil
	}
	terms, err := domain.ParseText(q.Text, by)
	if err != nil {
		return nil, err
	}
	fusion, err := s.fusionOf(q)
	if err != nil {
		return nil, err
	}
	p := &textPlan{query: ports.TextQuery{Terms: terms, All: q.AllWords}, fusion: fusion}
	if !q.hasVector() {
		p.fusion.VectorWeight, p.fusion.TextWeight = nil, nil // there is nothing to weigh
	}
	return p, nil
}

// textPlans returns the plan of each query that has words; nil if none has.
func (s *Searcher) textPlans(in *Search, by domain.Tokenizer) ([]*textPlan, error) {
	var plans []*textPlan
	for i := range in.Queries {
		p, err := s.textPlan(&in.Queries[i], by)
		if err != nil {
			return nil, domain.At(err, Place(i))
		}
		if p != nil && plans == nil {
			plans = make([]*textPlan, len(in.Queries))
		}
		if p != nil {
			plans[i] = p
		}
	}
	return plans, nil
}

// hasVector reports whether q asks for neighbors of a vector.
func (q *Query) hasVector() bool { return len(q.Embedding) > 0 || q.Like != (domain.Ref{}) }

// checkFullText refuses words where db, or this build, has no full text.
func (s *Searcher) checkFullText(plans []*textPlan, db domain.Database) error {
	for i, p := range plans {
		if p == nil {
			continue
		}
		if err := ports.FullText(s.repo); err != nil {
			return err
		}
		if db.FullText == "" {
			return domain.At(domain.NoFullText(db.ID), Place(i))
		}
	}
	return nil
}

// fuse finds the k best chunks with the words of query i and makes one list of them and of
// near.
func (s *Searcher) fuse(ctx context.Context, a *attempt, i int, q *Query, k int, near []domain.Neighbor, allow *Selection) ([]domain.Fused, error) {
	p, e := a.plans[i], &a.explain[i]
	began := time.Now()
	asked := p.query
	asked.K, asked.Now = k, s.now()
	if allow != nil {
		asked.Allow = allow
	}
	texts, err := ports.SearchText(ctx, s.repo, a.info, asked)
	if err != nil {
		return nil, err
	}
	e.Times.Text += time.Since(began)
	e.Text = domain.TextWork{Terms: len(p.query.Terms), Found: len(texts)}
	if q.hasVector() {
		e.Text.Fusion = p.fusion.Method
		e.Text.VectorWeight, e.Text.TextWeight = p.fusion.Weights()
	}
	fused := p.join(a.info.Metric, q, near, texts)
	if q.Without != 0 {
		fused = slices.DeleteFunc(fused, func(f domain.Fused) bool { return f.ID == q.Without })
	}
	return fused, nil
}

// join makes one list of both. Where only words were asked for, their scores stay.
func (p *textPlan) join(m domain.Metric, q *Query, near []domain.Neighbor, texts []domain.TextMatch) []domain.Fused {
	fused := p.fusion.Fuse(m, near, texts)
	if q.hasVector() {
		return fused
	}
	for i := range fused { // in the order of texts: by rank, and so by score
		fused[i].Score = fused[i].Text.Score
	}
	slices.SortFunc(fused, domain.Fused.Compare)
	return fused
}

// rescoreFused builds a list again of those entries whose rows are there and are selected,
// by the embeddings that stand in them now and by the words of those that have not
// changed since they were found.
func (p *textPlan) rescoreFused(set *domain.Settings, q *Query, fused []domain.Fused, byID map[int64]*domain.Chunk, now time.Time) []domain.Fused {
	var near []domain.Neighbor
	var texts []domain.TextMatch
	for _, f := range fused {
		c := byID[f.ID]
		if c == nil || c.Expired(now) || !q.selects(c) {
			continue
		}
		if f.Vector.Rank > 0 && set.Searchable(c.Embedding) {
			near = append(near, domain.Neighbor{ID: f.ID, Distance: set.Metric.Distance(q.Embedding, c.Embedding)})
		}
		if f.Text.Rank > 0 && f.Sequence == c.Sequence {
			texts = append(texts, domain.TextMatch{ID: f.ID, Score: f.Text.Score, Sequence: f.Sequence})
		}
	}
	slices.SortFunc(near, domain.Neighbor.Compare)
	slices.SortFunc(texts, domain.TextMatch.Compare)
	return p.join(set.Metric, q, near, texts)
}
