package query

import (
	"cmp"
	"context"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Defaults of a Groups.
const (
	DefaultGroups    = 10
	DefaultGroupSize = 3
)

// Groups asks for the best chunks of each of the best values of a field.
type Groups struct {
	Database string
	Number   int64  // as in Search
	Query    Query  // with its own K and Offset 0, without MMR and Rerank
	By       string // a field of the metadata, as filters name it
	Groups   int    // at most so many; 0: DefaultGroups
	Size     int    // at most so many chunks of each; 0: DefaultGroupSize
	Fields   domain.Fields
	Embedder domain.Embedder // as in Search
}

// Group is a value and the best chunks that have it, best first.
type Group struct {
	Value filterlang.Value
	Hits  []domain.Hit
}

// Groups returns the groups of the best hits, in the order of their best ones: those that the
// list of all hits, best first, would give if it was gone through. A chunk with an array in the
// field is in the group of each of its elements, one without a value there in none.
//
// A query whose list is made of several is gone through as far as offset + k may be: what would come
// after is in no group.
func (s *Searcher) Groups(ctx context.Context, in Groups) ([]Group, error) {
	return GroupsOf(ctx, in, s.limits, s.Search)
}

// GroupsOf is Groups by the hits that search finds.
func GroupsOf(ctx context.Context, in Groups, limits domain.Limits, search func(context.Context, Search) (Found, error)) ([]Group, error) {
	g := grouping{find: search, limits: limits, in: in, at: map[filterlang.Value]int{}}
	if err := g.check(); err != nil {
		return nil, err
	}
	find := g.byValue
	if in.Query.ways() > 1 {
		find = g.byWidth // the filter of a value would change the ranks, and so the scores
	}
	if err := find(ctx); err != nil {
		return nil, err
	}
	return g.result()
}

// grouping is the work for one Groups.
type grouping struct {
	find   func(context.Context, Search) (Found, error)
	limits domain.Limits
	in     Groups
	field  filterlang.Field
	list   []group
	at     map[filterlang.Value]int // in list
}

type group struct {
	Group
	whole bool // no hit is missing
}

// check refuses what is wrong with the groups whatever the database, and fills in defaults.
func (g *grouping) check() (err error) {
	in, most := &g.in, g.limits.Results
	in.Groups, in.Size = cmp.Or(in.Groups, DefaultGroups), cmp.Or(in.Size, DefaultGroupSize)
	g.field, err = filterlang.ParseField(in.By)
	switch {
	case in.By == "":
		return domain.FieldErrorf(domain.ErrInvalid, "by", "cannot be empty")
	case err != nil:
		return domain.FieldErrorf(domain.ErrInvalid, "by", "%q: %v", in.By, err)
	case g.field.Source != filterlang.InMetadata:
		return domain.FieldErrorf(domain.ErrInvalid, "by", "%s is not in the metadata", in.By)
	case in.Groups < 1 || in.Groups > most:
		return domain.FieldErrorf(domain.ErrInvalid, "groups", "must be between 1 and %d, got %d", most, in.Groups)
	case in.Size < 1 || in.Size > most/in.Groups:
		return domain.FieldErrorf(domain.ErrInvalid, "group_size", "must be at least 1, and groups × group_size at most %d, got %d × %d", most, in.Groups, in.Size)
	case in.Query.MMR != nil || in.Query.Rerank != nil || in.Query.Offset != 0:
		return domain.Errorf(domain.ErrInvalid, "a query for groups has no offset, mmr and rerank")
	}
	if f := in.Query.Filter; f != nil && f.Size()+in.Groups+1 > g.limits.Filter {
		return domain.FieldErrorf(domain.ErrInvalid, "filter", "has %d comparisons and values, at most %d are allowed beside %d groups", f.Size(), g.limits.Filter-in.Groups-1, in.Groups)
	}
	return nil
}

// firstHits is how many hits are looked at first, at least.
const firstHits = 100

func (g *grouping) firstK() int {
	return min(max(g.in.Groups*g.in.Size, firstHits), g.limits.Results)
}

// byWidth goes through a list of hits that is made longer until there is enough in it.
func (g *grouping) byWidth(ctx context.Context) error {
	for k := g.firstK(); ; k = min(widening*k, g.limits.Results) {
		hits, err := g.search(ctx, k, nil)
		if err != nil {
			return err
		}
		g.list = nil
		clear(g.at)
		last := len(hits) < k || k == g.limits.Results
		if g.take(hits, last); last || g.full() {
			return nil
		}
	}
}

// byValue goes through the best hits, then through those that have a value which has no group
// yet, and looks for what is missing in each group by its value.
func (g *grouping) byValue(ctx context.Context) error {
	k := g.firstK()
	hits, err := g.search(ctx, k, nil)
	if err != nil {
		return err
	}
	g.take(hits, len(hits) < k)
	for all := len(hits) < k; !all && len(g.list) < g.in.Groups; {
		if hits, err = g.search(ctx, k, g.others()); err != nil {
			return err
		}
		before := len(g.list)
		all = len(hits) < k
		g.take(hits, all)
		all = all || len(g.list) == before // it never is, but for writers
	}
	return g.fill(ctx)
}

// search returns the k best hits, with their metadata, that have what more selects, too.
func (g *grouping) search(ctx context.Context, k int, more *filterlang.Filter) ([]domain.Hit, error) {
	found, err := g.find(ctx, Search{
		Database: g.in.Database, Number: g.in.Number, Queries: []Query{g.query(k, more)}, Fields: g.in.Fields | domain.FieldMetadata, Embedder: g.in.Embedder,
	})
	if err != nil {
		return nil, err
	}
	return found.Hits[0], nil
}

// query is the query for the k best hits that more selects, too.
func (g *grouping) query(k int, more *filterlang.Filter) Query {
	q := g.in.Query
	q.K = k
	switch {
	case more == nil:
	case q.Filter == nil:
		q.Filter = more
	default:
		q.Filter = &filterlang.Filter{Op: filterlang.And, Sub: []filterlang.Filter{*q.Filter, *more}}
	}
	return q
}

// others selects the chunks with a value that is in no group.
func (g *grouping) others() *filterlang.Filter {
	values := []filterlang.Value{{Kind: filterlang.NullValue}}
	for i := range g.list {
		values = append(values, g.list[i].Value)
	}
	slices.SortFunc(values, filterlang.Value.Compare)
	in := filterlang.Filter{Op: filterlang.In, Field: g.field, Args: values}
	not := filterlang.Filter{Op: filterlang.Not, Sub: []filterlang.Filter{in}}
	return &filterlang.Filter{Op: filterlang.AnyValue, Field: g.field, Sub: []filterlang.Filter{not}}
}

// take makes groups of the values in hits that have none yet. hits are the best of all that
// have such a value; last says that there are no others.
func (g *grouping) take(hits []domain.Hit, last bool) {
	first := len(g.list) // of the groups that are made here
	for i := range hits {
		for _, v := range g.values(&hits[i].Chunk) {
			at, known := g.at[v]
			if !known {
				if len(g.list) == g.in.Groups {
					continue
				}
				at = len(g.list)
				g.at[v], g.list = at, append(g.list, group{Group: Group{Value: v}, whole: last})
			}
			if of := &g.list[at]; at >= first && len(of.Hits) < g.in.Size {
				of.Hits = append(of.Hits, hits[i])
				of.whole = last || len(of.Hits) == g.in.Size
			}
		}
	}
}

// values returns the different values of c.
func (g *grouping) values(c *domain.Chunk) (list []filterlang.Value) {
	g.field.Leaves(c, func(l filterlang.Leaf) {
		if l.Value.Kind != filterlang.NullValue && !slices.Contains(list, l.Value) {
			list = append(list, l.Value)
		}
	})
	return list
}

// full reports whether there are as many groups as are wanted, and nothing is missing in them.
func (g *grouping) full() bool {
	return len(g.list) == g.in.Groups && !slices.ContainsFunc(g.list, func(of group) bool { return !of.whole })
}

// fill looks for the hits that are missing in groups.
func (g *grouping) fill(ctx context.Context) error {
	var places []int
	for i := range g.list {
		if !g.list[i].whole {
			places = append(places, i)
		}
	}
	for some := range slices.Chunk(places, g.limits.Queries) {
		in := Search{Database: g.in.Database, Number: g.in.Number, Fields: g.in.Fields, Embedder: g.in.Embedder}
		for _, i := range some {
			equal := &filterlang.Filter{Op: filterlang.In, Field: g.field, Args: []filterlang.Value{g.list[i].Value}}
			in.Queries = append(in.Queries, g.query(g.in.Size, equal))
		}
		found, err := g.find(ctx, in)
		if err != nil {
			return err
		}
		for n, i := range some {
			g.list[i].merge(found.Hits[n], g.in.Size)
		}
	}
	return nil
}

// merge adds hits, of which the graph may have others than it had before, and keeps the best.
func (of *group) merge(hits []domain.Hit, size int) {
	for _, h := range of.Hits {
		if !slices.ContainsFunc(hits, func(o domain.Hit) bool { return o.ID == h.ID }) {
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b domain.Hit) int {
		if a.Places == nil { // by vector: distances tell more than scores
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	of.Hits, of.whole = hits[:min(size, len(hits))], true
}

// result returns the groups with the parts of the hits that were asked for.
func (g *grouping) result() ([]Group, error) {
	out, size := make([]Group, len(g.list)), int64(0)
	for i, of := range g.list {
		for j := range of.Hits {
			of.Hits[j].KeepOnly(g.in.Fields)
			if size += of.Hits[j].Size(); size > g.limits.Answer {
				return nil, domain.AnswerTooLarge(g.limits.Answer)
			}
		}
		out[i] = of.Group
	}
	return out, nil
}
