package query

import (
	"context"
	"slices"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// fusedPlan is what a query with words or a sparse vector comes to.
type fusedPlan struct {
	text   ports.TextQuery // of words; no matter without any
	idf    bool            // of the sparse vector
	ways   int             // in which is searched: by vector, by words, by sparse vector
	fusion domain.Fusion
}

// fusionOf refuses what is wrong with the words of q and its fusion whatever its database, and
// returns how its lists become one.
func (s *Searcher) fusionOf(q *Query) (domain.Fusion, error) {
	switch {
	case q.Text == "" && q.AllWords:
		return q.Fusion, domain.Errorf(domain.ErrInvalid, "match is for a query with text")
	case q.Text == "" && q.Sparse == nil && q.Fusion != (domain.Fusion{}):
		return q.Fusion, domain.Errorf(domain.ErrInvalid, "fusion is for a query with text or a sparse vector")
	case q.Text == "" && q.Sparse == nil:
		return q.Fusion, nil
	}
	if q.Text != "" {
		if err := domain.CheckText(q.Text); err != nil {
			return q.Fusion, err
		}
	}
	fusion, err := q.Fusion.WithDefaults()
	if err == nil && fusion.Candidates > s.limits.Results {
		err = domain.Errorf(domain.ErrInvalid, "fusion: candidates must be between 1 and %d, got %d", s.limits.Results, fusion.Candidates)
	}
	return fusion, err
}

// fusedPlan returns the plan for q in a database with settings set, or nil if it has neither
// words nor a sparse vector.
func (s *Searcher) fusedPlan(q *Query, set *domain.Settings) (*fusedPlan, error) {
	if q.Text == "" && q.Sparse == nil {
		return nil, nil
	}
	p := &fusedPlan{ways: q.ways()}
	var err error
	if p.fusion, err = s.fusionOf(q); err != nil {
		return nil, err
	}
	if q.Text != "" {
		p.text.All = q.AllWords
		if p.text.Terms, err = domain.ParseText(q.Text, set.FullText); err != nil {
			return nil, err
		}
	}
	if q.Sparse != nil {
		m, declared := set.Sparse.Modifier(q.Sparse.Name)
		if !declared {
			return nil, set.Sparse.Unknown(q.Sparse.Name)
		}
		p.idf = m == domain.SparseIDF
	}
	return p, p.weigh(q)
}

// Fusion returns how the lists of q become one, with its defaults, and in how many ways it is
// searched: by vector, by words, by sparse vector. It refuses weights that leave nothing of q.
func (s *Searcher) Fusion(q *Query) (f domain.Fusion, ways int, err error) {
	p := fusedPlan{ways: q.ways()}
	if p.fusion, err = s.fusionOf(q); err == nil {
		err = p.weigh(q)
	}
	return p.fusion, p.ways, err
}

// weigh refuses weights that leave nothing of q, and forgets them where there is one list.
func (p *fusedPlan) weigh(q *Query) error {
	if p.ways == 1 {
		p.fusion.VectorWeight, p.fusion.TextWeight, p.fusion.SparseWeight = nil, nil, nil
		return nil
	}
	vector, text := p.fusion.Weights()
	if (!q.hasVector() || vector == 0) && (q.Text == "" || text == 0) && (q.Sparse == nil || p.fusion.WeightOfSparse() == 0) {
		return domain.Errorf(domain.ErrInvalid, "fusion: all lists of the query have the weight 0")
	}
	return nil
}

// fusedPlans returns the plan of each query that has words or a sparse vector; nil if none
// has.
func (s *Searcher) fusedPlans(in *Search, set *domain.Settings) ([]*fusedPlan, error) {
	var plans []*fusedPlan
	for i := range in.Queries {
		p, err := s.fusedPlan(&in.Queries[i], set)
		if err != nil {
			return nil, domain.At(err, Place(i))
		}
		if p != nil && plans == nil {
			plans = make([]*fusedPlan, len(in.Queries))
		}
		if p != nil {
			plans[i] = p
		}
	}
	return plans, nil
}

// ways is in how many ways q is searched: by vector, by words, by sparse vector.
func (q *Query) ways() (n int) {
	for _, is := range []bool{q.hasVector(), q.Text != "", q.Sparse != nil} {
		if is {
			n++
		}
	}
	return n
}

// hasVector reports whether q asks for neighbors of a vector.
func (q *Query) hasVector() bool { return len(q.Embedding) > 0 || q.Like != (domain.Ref{}) }

// checkFullText refuses words where db, or this build, has no full text.
func (s *Searcher) checkFullText(queries []Query, db domain.Database) error {
	for i := range queries {
		if queries[i].Text == "" {
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

// fuse finds the k best chunks with the words of query i and the k best by its sparse vector,
// and makes one list of them and of near.
func (s *Searcher) fuse(ctx context.Context, db *live.Database, a *attempt, i int, q *Query, k int, near []domain.Neighbor, allow *Selection) ([]domain.Fused, error) {
	p, e := a.plans[i], &a.explain[i]
	var texts []domain.TextMatch
	var matches []domain.SparseMatch
	var err error
	if q.Text != "" {
		if texts, err = s.byWords(ctx, a.info, p, e, k, allow); err != nil {
			return nil, err
		}
	}
	if q.Sparse != nil {
		if matches, err = s.bySparse(ctx, db, a, i, q, k, allow); err != nil {
			return nil, err
		}
	}
	p.explain(q, e)
	fused := p.join(a.set(i).Metric, near, texts, matches)
	if q.Without != 0 {
		fused = slices.DeleteFunc(fused, func(f domain.Fused) bool { return f.ID == q.Without })
	}
	return fused, nil
}

// byWords finds the k best chunks with the words of a query.
func (s *Searcher) byWords(ctx context.Context, info domain.Database, p *fusedPlan, e *domain.Explain, k int, allow *Selection) ([]domain.TextMatch, error) {
	began := time.Now()
	asked := p.text
	asked.K, asked.Now = k, s.now()
	if allow != nil {
		asked.Allow = allow
	}
	texts, err := ports.SearchText(ctx, s.repo, info, asked)
	e.Times.Text += time.Since(began)
	e.Text = domain.TextWork{Terms: len(asked.Terms), Found: len(texts)}
	return texts, err
}

// explain says how the lists of q become one, where there are several.
func (p *fusedPlan) explain(q *Query, e *domain.Explain) {
	if p.ways == 1 {
		return
	}
	vector, text := p.fusion.Weights()
	if q.Text != "" {
		e.Text.Fusion, e.Text.VectorWeight, e.Text.TextWeight = p.fusion.Method, vector, text
	}
	if w := &e.Sparse; q.Sparse != nil {
		w.Fusion, w.VectorWeight, w.TextWeight, w.SparseWeight = p.fusion.Method, vector, text, p.fusion.WeightOfSparse()
	}
}

// join makes one list of all. Where there was one way to search only, the scores of that stay.
func (p *fusedPlan) join(m domain.Metric, near []domain.Neighbor, texts []domain.TextMatch, matches []domain.SparseMatch) []domain.Fused {
	fused := p.fusion.Fuse(m, near, texts, matches)
	if p.ways > 1 {
		return fused
	}
	for i := range fused { // in the order of the list: by rank, and so by score
		if f := &fused[i]; f.Text.Rank > 0 {
			f.Score = f.Text.Score
		} else {
			f.Score = f.Sparse.Score
		}
	}
	slices.SortFunc(fused, domain.Fused.Compare)
	return fused
}

// rescore builds the list of query i again of those entries whose rows are there and are
// selected, by the vectors that stand in them now and by the words of those that have not
// changed since they were found.
func (a *attempt) rescore(i int, q *Query, byID map[int64]*domain.Chunk) {
	set := a.set(i)
	var near []domain.Neighbor
	var texts []domain.TextMatch
	var matches []domain.SparseMatch
	for _, f := range a.fused[i] {
		c := byID[f.ID]
		if c == nil || c.Expired(a.at) || !q.selects(c) {
			continue
		}
		if v := q.vectorOf(c); f.Vector.Rank > 0 && set.Searchable(v) {
			near = append(near, domain.Neighbor{ID: f.ID, Distance: set.Metric.Distance(q.Embedding, v)})
		}
		if f.Text.Rank > 0 && f.Sequence == c.Sequence {
			texts = append(texts, domain.TextMatch{ID: f.ID, Score: f.Text.Score, Sequence: f.Sequence})
		}
		if f.Sparse.Rank > 0 {
			if score, ok := a.weights[i].Score(c.Sparse[q.Sparse.Name]); ok {
				matches = append(matches, domain.SparseMatch{ID: f.ID, Score: score})
			}
		}
	}
	slices.SortFunc(near, domain.Neighbor.Compare)
	slices.SortFunc(texts, domain.TextMatch.Compare)
	slices.SortFunc(matches, domain.SparseMatch.Compare)
	a.fused[i] = a.plans[i].join(set.Metric, near, texts, matches)
	a.near[i] = idsOf(a.fused[i])
}
