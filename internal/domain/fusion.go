package domain

import (
	"cmp"
	"slices"
)

// FusionMethod names how lists by vector, by text and by sparse vector become one.
type FusionMethod string

// The methods of fusion. ReciprocalRank is that of a Fusion without one.
const (
	// ReciprocalRank adds weight/(K + rank) for each list that has the chunk; scores do
	// not matter, so those of a metric and of BM25 need not be comparable (Cormack,
	// Clarke & Büttcher, 2009).
	ReciprocalRank FusionMethod = "rrf"
	// WeightedScores adds weight × score, after the scores of each list were brought to
	// the range from 0, its last one's, to 1, its first one's.
	WeightedScores FusionMethod = "weighted"
)

// Defaults of a Fusion.
const (
	DefaultRankConstant = 60
	DefaultCandidates   = 100
)

// Fusion says how lists by vector, by text and by sparse vector become one. Zero values mean
// the default.
type Fusion struct {
	Method       FusionMethod
	RankConstant int // of ReciprocalRank; 0: 60
	// VectorWeight, TextWeight and SparseWeight weigh the lists; nil: 1. What only a list of
	// weight 0 has is left out.
	VectorWeight, TextWeight, SparseWeight *float64
	Candidates                             int // taken from each list, at least as many as hits are wanted; 0: 100
}

// DefaultVectorShare is the share of the list by vector beside a model that declares none:
// more than half, as fits transformers, which find more than words do.
const DefaultVectorShare = 0.6

// HybridFusion is the fusion of a query that says nothing about it, of texts that a model
// has made the embeddings of: by scores, with a weight of share for the list by vector and
// the rest for the one by words; a share of 0 is DefaultVectorShare. Bruch, Gai and Ingber,
// "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), find that such a convex
// combination finds more than reciprocal ranks do, and that it has one parameter, which
// depends on the model and hardly on how the scores are brought to one range.
func HybridFusion(share float64) Fusion {
	share = cmp.Or(share, DefaultVectorShare)
	return Fusion{Method: WeightedScores, VectorWeight: new(share), TextWeight: new(1 - share)}
}

// Weights returns the weights of the list by vector and the list by text.
func (f Fusion) Weights() (vector, text float64) { return weight(f.VectorWeight), weight(f.TextWeight) }

// WeightOfSparse returns the weight of the list by sparse vector.
func (f Fusion) WeightOfSparse() float64 { return weight(f.SparseWeight) }

// WithDefaults returns f with every zero replaced, or ErrInvalid for what makes no sense.
func (f Fusion) WithDefaults() (Fusion, error) {
	switch f.Method {
	case "":
		f.Method = ReciprocalRank
	case ReciprocalRank, WeightedScores:
	default:
		return f, Errorf(ErrInvalid, "unknown fusion method %q: use rrf or weighted", f.Method)
	}
	if f.RankConstant < 0 || f.Candidates < 0 {
		return f, Errorf(ErrInvalid, "fusion: rank_constant and candidates must be at least 1")
	}
	f.RankConstant = cmp.Or(f.RankConstant, DefaultRankConstant)
	f.Candidates = cmp.Or(f.Candidates, DefaultCandidates)
	vector, text, sparse := weight(f.VectorWeight), weight(f.TextWeight), weight(f.SparseWeight)
	for _, w := range []float64{vector, text, sparse} {
		if !(w >= 0 && w <= maxWeight) { // nor NaN
			return f, Errorf(ErrInvalid, "fusion: weights must be between 0 and %g", float64(maxWeight))
		}
	}
	switch {
	case vector == 0 && text == 0 && f.SparseWeight == nil:
		return f, Errorf(ErrInvalid, "fusion: one of vector_weight and text_weight must be above 0")
	case vector == 0 && text == 0 && sparse == 0:
		return f, Errorf(ErrInvalid, "fusion: one of vector_weight, text_weight and sparse_weight must be above 0")
	}
	return f, nil
}

// weight returns *w, or the default.
func weight(w *float64) float64 {
	if w == nil {
		return 1
	}
	return *w
}

// maxWeight keeps sums of weighted scores well inside float32.
const maxWeight = 1e6

// Place is what one of the fused lists says of a chunk.
type Place struct {
	Rank  int     // from 1; 0: the list does not have it
	Score float32 // the list's own, meaningless without a rank
}

// Places says where a chunk stands in the fused lists.
type Places struct {
	Vector, Text, Sparse Place
}

// Fused is one entry of a fused list.
type Fused struct {
	ID       int64
	Score    float32 // higher is better
	Distance float32 // of the vector, where Vector has a rank
	Sequence int64   // of the text that was found, where Text has a rank
	Places
}

// Compare orders fused entries: best first, the lower id first among equals.
func (f Fused) Compare(g Fused) int {
	return cmp.Or(cmp.Compare(g.Score, f.Score), cmp.Compare(f.ID, g.ID))
}

// Fuse makes one list of near, found by vector, of texts, found by words, and of sparse, found
// by sparse vector; all best first, each id once in a list. f has its defaults filled in. The
// result has every id of any list, best first, but for those that only lists of weight 0 have.
func (f Fusion) Fuse(m Metric, near []Neighbor, texts []TextMatch, sparse []SparseMatch) []Fused {
	u := union{
		list: make([]Fused, 0, len(near)+len(texts)+len(sparse)),
		at:   make(map[int64]int, len(near)+len(texts)+len(sparse)),
	}
	u.sums = make([]float64, 0, cap(u.list))
	vectors, words, sparsely := f.vectorShares(m, near), f.textShares(texts), f.sparseShares(sparse)
	for i, n := range near {
		e := u.add(n.ID, vectors(i))
		e.Distance, e.Vector = n.Distance, Place{Rank: i + 1, Score: m.Score(n.Distance)}
	}
	for i, t := range texts {
		e := u.add(t.ID, words(i))
		e.Sequence, e.Text = t.Sequence, Place{Rank: i + 1, Score: t.Score}
	}
	for i, s := range sparse {
		u.add(s.ID, sparsely(i)).Sparse = Place{Rank: i + 1, Score: s.Score}
	}
	for i := range u.list {
		u.list[i].Score = float32(u.sums[i])
	}
	out := slices.DeleteFunc(u.list, f.ignores)
	slices.SortFunc(out, Fused.Compare)
	return out
}

// union is the entries of several lists, each once.
type union struct {
	list []Fused
	sums []float64
	at   map[int64]int // of ids in both
}

// add adds share to the entry of id and returns it, to be used before the next call.
func (u *union) add(id int64, share float64) *Fused {
	i, there := u.at[id]
	if !there {
		i = len(u.list)
		u.at[id] = i
		u.list, u.sums = append(u.list, Fused{ID: id}), append(u.sums, 0)
	}
	u.sums[i] += share
	return &u.list[i]
}

// ignores reports whether only lists of weight 0 have an entry.
func (f Fusion) ignores(e Fused) bool {
	return (e.Vector.Rank == 0 || weight(f.VectorWeight) == 0) && (e.Text.Rank == 0 || weight(f.TextWeight) == 0) &&
		(e.Sparse.Rank == 0 || weight(f.SparseWeight) == 0)
}

// vectorShares returns what position i of near adds to a fused score.
func (f Fusion) vectorShares(m Metric, near []Neighbor) func(i int) float64 {
	return f.shares(weight(f.VectorWeight), len(near), func(i int) float64 { return float64(m.Score(near[i].Distance)) })
}

// textShares returns what position i of texts adds to a fused score.
func (f Fusion) textShares(texts []TextMatch) func(i int) float64 {
	return f.shares(weight(f.TextWeight), len(texts), func(i int) float64 { return float64(texts[i].Score) })
}

// sparseShares returns what position i of a list by sparse vector adds to a fused score.
func (f Fusion) sparseShares(sparse []SparseMatch) func(i int) float64 {
	return f.shares(weight(f.SparseWeight), len(sparse), func(i int) float64 { return float64(sparse[i].Score) })
}

// shares returns what position i of a list of n entries with these scores, best first,
// adds to a fused score.
func (f Fusion) shares(weight float64, n int, score func(i int) float64) func(i int) float64 {
	if f.Method == ReciprocalRank {
		return func(i int) float64 { return weight / float64(f.RankConstant+i+1) }
	}
	if n == 0 {
		return nil
	}
	best, span := score(0), score(0)-score(n-1)
	return func(i int) float64 {
		if span <= 0 {
			return weight // all alike: all as good as the first
		}
		return weight * (1 - (best-score(i))/span)
	}
}
