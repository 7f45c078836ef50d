package clustered

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/ports"
)

// lookup is one query of a search under way.
type lookup struct {
	s       *Service
	e       *catalog.Entry
	q       app.Query
	fields  domain.Fields // that hits have
	fusion  domain.Fusion
	ways    int
	words   []string
	explain *domain.Explain
	rows    map[int64]*domain.Chunk // that were found
}

// lookup checks a query against its database. What a cluster cannot do is refused.
func (s *Service) lookup(e *catalog.Entry, q *app.Query, fields domain.Fields) (*lookup, error) {
	l := &lookup{s: s, e: e, q: *q, fields: fields, rows: map[int64]*domain.Chunk{}}
	switch {
	case q.Using != "":
		return nil, capability.Refuse(capability.NamedVectors, "a cluster has one embedding of each chunk, and none under a name")
	case q.Sparse != nil:
		return nil, capability.Refuse(capability.Sparse, "a cluster has no sparse vectors")
	case q.Ef != 0:
		return nil, capability.Refuse(capability.IndexJobs, "the beam width of searches in a cluster is that of its index: leave out ef, or search exactly")
	}
	if len(q.Embedding) > 0 {
		if e.Dims != 0 && len(q.Embedding) != e.Dims {
			return nil, domain.DimensionMismatch(e.Dims, len(q.Embedding))
		}
		if err := e.Metric.CheckVector(q.Embedding); err != nil {
			return nil, err
		}
	}
	var err error
	if l.fusion, l.ways, err = s.query.Fusion(q); err != nil || q.Text == "" {
		return l, err
	}
	return l, l.parseWords()
}

// parseWords takes the words of the query apart.
func (l *lookup) parseWords() error {
	if l.e.FullText == "" {
		return domain.NoFullText(l.e.ID)
	}
	terms, err := domain.ParseText(l.q.Text, l.e.FullText)
	if err != nil {
		return err
	}
	for _, t := range terms {
		if t.Prefix || strings.ContainsFunc(t.Text, func(r rune) bool { return !domain.InWord(r) }) {
			return capability.Refuse(capability.TextOperators, fmt.Sprintf("a cluster finds whole words one by one: leave out the phrase or star of %q", t.Text))
		}
		l.words = append(l.words, t.Text)
	}
	return nil
}

// run answers the query.
func (l *lookup) run(ctx context.Context) ([]domain.Hit, error) {
	if l.q.Like != (domain.Ref{}) {
		list, err := l.s.get(ctx, l.e, []domain.Ref{l.q.Like}, domain.FieldEmbedding)
		switch {
		case err != nil:
			return nil, err
		case len(list) == 0:
			return nil, l.q.Like.NotFound()
		case !l.e.Searchable(list[0].Embedding):
			return nil, l.q.Like.NoEmbedding()
		}
		l.q.Embedding, l.q.Without = list[0].Embedding, list[0].ID
	}
	if l.q.Text != "" {
		return l.fused(ctx)
	}
	near, err := l.paged(ctx)
	if err != nil {
		return nil, err
	}
	hits := make([]domain.Hit, 0, len(near))
	for _, n := range near {
		hits = append(hits, domain.Hit{Chunk: *l.rows[n.ID], Score: l.e.Metric.Score(n.Distance), Distance: n.Distance})
	}
	return l.kept(hits), nil
}

// kept drops the hits below the least score, and the parts that were not asked for.
func (l *lookup) kept(hits []domain.Hit) []domain.Hit {
	for i := range hits {
		if least := l.q.MinScore; least != nil && hits[i].Score < *least {
			return hits[:i] // they are in order of score
		}
		hits[i].KeepOnly(l.fields)
	}
	return hits
}

// widening is by how much each block of a list of hits ends later than the one before; see
// package query, whose pages are made of such blocks, too: so they fit together.
const widening = 4

// widths are where the blocks of the list end that the query is a page of, the first at first.
func (l *lookup) widths(first int) []int {
	list, end := []int{first}, l.q.Offset+l.q.K
	for first < end {
		first = min(widening*first, max(l.s.limits.Results, end))
		list = append(list, first)
	}
	return list
}

// paged returns the neighbors that the query asks for.
func (l *lookup) paged(ctx context.Context) (near []domain.Neighbor, err error) {
	widths := l.widths(l.q.K)
	if l.q.Exact || l.q.Whole {
		widths = []int{l.q.Offset + l.q.K}
	}
	seen := map[int64]bool{}
	for _, width := range widths {
		found, err := l.near(ctx, width)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			if len(near) < width && !seen[n.ID] {
				seen[n.ID] = true
				near = append(near, n)
			}
		}
	}
	near = near[min(l.q.Offset, len(near)):]
	near = near[:min(l.q.K, len(near))]
	slices.SortFunc(near, domain.Neighbor.Compare)
	return near, nil
}

// takes reports whether a chunk may be a hit.
func (l *lookup) takes(c *domain.Chunk) bool {
	return c.ID != l.q.Without && !c.Expired(l.s.now()) && (l.q.Filter == nil || l.q.Filter.Matches(c))
}

// reads are the parts of chunks that are read.
func (l *lookup) reads() domain.Fields {
	if l.q.Filter != nil {
		return l.fields | l.q.Filter.Fields()
	}
	return l.fields
}

// near returns the k nearest neighbors of the vector of the query that it may have. The cluster
// is asked for more until there are k of them, or no others; beyond what it finds at once all
// chunks are compared.
func (l *lookup) near(ctx context.Context, k int) ([]domain.Neighbor, error) {
	l.explain.Plan = domain.PlanGraph
	if l.filtered() {
		l.explain.Plan = domain.PlanFiltered
	}
	if l.q.Exact || k > ports.MaxClusterK {
		return l.compare(ctx, k)
	}
	for ask := l.firstAsk(k); ; ask = min(widening*ask, ports.MaxClusterK) {
		l.explain.Rounds++
		hits, err := l.s.cluster.Find(ctx, l.e.Room, ports.ClusterQuery{Vector: l.q.Embedding, K: ask, Filter: l.q.Filter, Fields: l.reads()})
		if err != nil {
			return nil, err
		}
		near := make([]domain.Neighbor, 0, k)
		for i := range hits {
			if h := &hits[i]; l.takes(&h.Chunk) {
				near = append(near, domain.Neighbor{ID: h.ID, Distance: h.Distance})
				l.rows[h.ID] = &h.Chunk
			}
		}
		l.explain.Candidates = len(hits)
		if len(near) >= k || len(hits) < ask {
			slices.SortFunc(near, domain.Neighbor.Compare)
			return near[:min(k, len(near))], nil
		}
		if ask == ports.MaxClusterK {
			return l.compare(ctx, k)
		}
	}
}

func (l *lookup) filtered() bool { return l.q.Filter != nil && !l.q.Filter.IsAll() }

// firstAsk is how many the cluster is asked for to get k.
func (l *lookup) firstAsk(k int) int {
	if l.q.Without != 0 {
		k++
	}
	if l.filtered() {
		k += k/2 + 10 // some may be more than the filter selects
	}
	return min(k, ports.MaxClusterK)
}

// mostCompared is how many chunks are read to be compared one by one.
const mostCompared = 100_000

// compare returns the k nearest neighbors by comparing every chunk, of which there may not be
// too many.
func (l *lookup) compare(ctx context.Context, k int) ([]domain.Neighbor, error) {
	l.explain.Plan = domain.PlanFlat
	n, _, err := l.s.cluster.Count(ctx, l.e.Room, l.q.Filter, l.s.now().UnixMicro())
	if err != nil {
		return nil, err
	}
	if n > mostCompared {
		return nil, capability.Refuse(capability.Exact, fmt.Sprintf("%d chunks would have to be read to be compared one by one, and a cluster reads at most %d for a search: ask for fewer hits, not exactly, or with a filter", n, mostCompared))
	}
	var near []domain.Neighbor
	keep := func(least int) {
		slices.SortFunc(near, domain.Neighbor.Compare)
		for _, gone := range near[min(least, len(near)):] {
			delete(l.rows, gone.ID)
		}
		near = near[:min(least, len(near))]
	}
	err = l.s.each(ctx, l.e, l.q.Filter, 0, l.reads()|domain.FieldEmbedding, func(c *domain.Chunk) (bool, error) {
		if !l.takes(c) || !l.e.Searchable(c.Embedding) {
			return true, nil
		}
		l.explain.Distances++
		near = append(near, domain.Neighbor{ID: c.ID, Distance: l.e.Metric.Distance(l.q.Embedding, c.Embedding)})
		row := *c
		l.rows[c.ID] = &row
		if len(near) > 2*k+pageSize {
			keep(k)
		}
		return true, nil
	})
	keep(k)
	return near, err
}

// fused returns the hits of a query with words, and perhaps with a vector.
func (l *lookup) fused(ctx context.Context) ([]domain.Hit, error) {
	first := l.q.K
	if l.ways > 1 {
		first = max(first, l.fusion.Candidates)
	}
	var all []domain.Fused
	seen := map[int64]bool{}
	for _, width := range l.widths(first) {
		list, err := l.fuse(ctx, width)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if len(all) < width && !seen[list[i].ID] {
				seen[list[i].ID] = true
				all = append(all, list[i])
			}
		}
	}
	all = all[min(l.q.Offset, len(all)):]
	all = all[:min(l.q.K, len(all))]
	slices.SortFunc(all, domain.Fused.Compare)
	hits := make([]domain.Hit, len(all))
	for i := range all {
		f := &all[i]
		hits[i] = domain.Hit{Chunk: *l.rows[f.ID], Score: f.Score, Distance: f.Distance, Places: &f.Places}
	}
	return l.kept(hits), nil
}

// fuse makes one list of the k best by vector and the k best by words.
func (l *lookup) fuse(ctx context.Context, k int) ([]domain.Fused, error) {
	var near []domain.Neighbor
	var err error
	if len(l.q.Embedding) > 0 {
		if near, err = l.near(ctx, k); err != nil {
			return nil, err
		}
	}
	texts, err := l.byWords(ctx, k)
	if err != nil {
		return nil, err
	}
	list := l.fusion.Fuse(l.e.Metric, near, texts, nil)
	if l.ways == 1 {
		for i := range list {
			list[i].Score = list[i].Text.Score
		}
		slices.SortFunc(list, domain.Fused.Compare)
	}
	return list, nil
}

// byWords returns the k best chunks by the words of the query.
func (l *lookup) byWords(ctx context.Context, k int) ([]domain.TextMatch, error) {
	if len(l.words) == 0 {
		return nil, nil
	}
	for ask := l.firstAsk(k); ; ask = min(widening*ask, ports.MaxClusterK) {
		hits, err := l.s.cluster.Find(ctx, l.e.Room, ports.ClusterQuery{Words: l.words, All: l.q.AllWords, K: ask, Filter: l.q.Filter, Fields: l.reads()})
		if err != nil {
			return nil, err
		}
		texts := make([]domain.TextMatch, 0, k)
		for i := range hits {
			if h := &hits[i]; l.takes(&h.Chunk) {
				texts = append(texts, domain.TextMatch{ID: h.ID, Score: h.Score})
				l.rows[h.ID] = &h.Chunk
			}
		}
		l.explain.Text = domain.TextWork{Terms: len(l.words), Found: len(texts)}
		if len(texts) >= k || len(hits) < ask || ask == ports.MaxClusterK {
			if len(texts) < k && len(hits) == ask {
				return nil, capability.Refuse(capability.Exact, "more chunks have the words than a cluster finds at once, and the filter selects few of them: use more words, or list by the filter")
			}
			slices.SortFunc(texts, func(a, b domain.TextMatch) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
			return texts[:min(k, len(texts))], nil
		}
	}
}
