package indextest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var ip = []domain.Metric{domain.InnerProduct}

var lengthRules = []rule{
	{name: "recall reaches the floor under inner product for unit vectors times 0.7 to 1.3", run: lengths(nearUnit), only: ip, lengths: true},
	{name: "recall reaches the floor under inner product for normal vectors", run: lengths(nil), only: ip, lengths: true},
	{name: "recall reaches the floor under inner product for lognormal lengths", run: lengths(lognormal), only: ip, lengths: true},
	{name: "a few vectors 100 times longer are found, and the others as without them", run: lengths(aFewLonger), only: ip, lengths: true},
	{name: "three vectors 10 times longer are found", run: lengths(longer(2000, 10)), only: ip, lengths: true},
	{name: "three vectors 10,000 times longer are found", run: lengths(longer(2000, 10_000)), only: ip, lengths: true},
	{name: "thirty vectors 100 times longer are found", run: lengths(longer(170, 100)), only: ip, lengths: true},
	{name: "vectors 100 times longer that come first are found", run: lengths(firstLonger), only: ip, lengths: true},
	{name: "recall reaches the floor if one vector of twelve is ten times longer", run: lengths(longer(12, 10)), only: ip, lengths: true},
	{name: "recall reaches the floor under inner product for lognormal lengths that differ more", run: lengths(lognormal2), only: ip, lengths: true},
	{name: "vectors longer than all before are found, and go", run: growing, only: ip, lengths: true},
}

const lengthDims = 32

// A stretch gives vector i another length; it is of one that is about the root of the
// dimension.
type stretch func(r *rand.Rand, i int, v []float32)

func nearUnit(r *rand.Rand, _ int, v []float32) { SetLength(v, 0.7+0.6*r.Float64()) }

func lognormal(r *rand.Rand, _ int, v []float32) { SetLength(v, math.Exp(r.NormFloat64())) }

func lognormal2(r *rand.Rand, _ int, v []float32) { SetLength(v, math.Exp(2*r.NormFloat64())) }

// longer makes one vector of so many times longer.
func longer(each int, times float32) stretch {
	return func(_ *rand.Rand, i int, v []float32) {
		if i%each == each/2 {
			for d := range v {
				v[d] *= times
			}
		}
	}
}

func firstLonger(_ *rand.Rand, i int, v []float32) {
	if i < 5 {
		SetLength(v, 100*math.Sqrt(lengthDims))
	}
}

func aFewLonger(_ *rand.Rand, i int, v []float32) {
	if i%1000 == 500 {
		SetLength(v, 100*math.Sqrt(lengthDims))
	}
}

// lengths checks the recall of normal vectors that were given other lengths: the mean,
// the share of queries whose best hit is found, and the mean behind a filter that lets
// the shorter half through.
func lengths(other stretch) func(s *suite) {
	return func(s *suite) {
		n := s.cfg.Size
		vs := Gaussian(s.seed, n+recallQueries, lengthDims)
		if other != nil {
			for i, v := range vs[:n] {
				other(s.rng, i, v)
			}
		}
		ix, m := s.open(lengthDims), newModel(s.metric)
		ids := idsTo(n)
		for i := 0; i < n; i += 1000 {
			end := min(n, i+1000)
			s.add(ix, m, ids[i:end], vs[i:end])
		}
		s.checkLengths(ix, m, vs[n:])
		shorter := slices.SortedFunc(slices.Values(ids), func(a, b int64) int {
			return cmp.Compare(Length(vs[a-1]), Length(vs[b-1]))
		})[:n/2]
		sum := 0.0
		for _, q := range vs[n:] {
			sum += s.ask(ix, m, ports.Query{Vector: q, K: k10, Allow: NewSet(shorter...)})
		}
		s.Logf("recall@%d among the shorter half: %.4f", k10, sum/recallQueries)
		if want := s.cfg.RecallFloor - shorterMargin; sum/recallQueries < want {
			s.Errorf("recall@%d among the shorter half = %.4f; want at least %.4f", k10, sum/recallQueries, want)
		}
	}
}

// shorterMargin is how much less may be found among short vectors, to which no other
// answer leads.
const shorterMargin = 0.3

func (s *suite) checkLengths(ix ports.VectorIndex, m *model, queries [][]float32) {
	s.Helper()
	sum, best := 0.0, 0.0
	for _, q := range queries {
		sum += s.ask(ix, m, ports.Query{Vector: q, K: k10})
		best += s.ask(ix, m, ports.Query{Vector: q, K: 1})
	}
	s.checkRecall("of all", sum/float64(len(queries)))
	if share := best / float64(len(queries)); share < s.cfg.RecallFloor {
		s.Errorf("the best hit is found in %.4f of the searches; want at least %.4f", share, s.cfg.RecallFloor)
	}
}

// growing adds vectors each batch of which is longer than all before, up to a thousand
// times, replaces the longest by short ones, and removes more of them.
func growing(s *suite) {
	n := s.cfg.Size
	vs := Gaussian(s.seed, n+recallQueries, lengthDims)
	ix, m := s.open(lengthDims), newModel(s.metric)
	ids := idsTo(n)
	const batches = 10
	size := (n + batches - 1) / batches
	for i := 0; i < n; i += size {
		end := min(n, i+size)
		for _, v := range vs[i:end] {
			SetLength(v, Length(v)*math.Pow(1000, float64(i)/float64(n)))
		}
		s.add(ix, m, ids[i:end], vs[i:end])
	}
	s.checkLengths(ix, m, vs[n:])
	last := n - size
	short := Gaussian(s.seed+1, size/2, lengthDims)
	s.add(ix, m, ids[last:last+len(short)], short)
	s.remove(ix, m, ids[last+len(short):last+len(short)+size/4]...)
	s.audit(ix)
	s.checkLengths(ix, m, vs[n:])
}
