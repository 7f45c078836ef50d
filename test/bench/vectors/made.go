package vectors

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"sync"
)

// Made describes a generated set that looks to an index as text embeddings do:
//
//   - few directions carry the variance: a row is the image of a latent point of Latent
//     numbers, through a map whose columns get weaker, bent by a sine so that the set is
//     a curved surface and not a plane;
//   - clusters within topics, their sizes following a power law as topics of texts do;
//   - all rows share a mean direction (embedding models are anisotropic);
//   - a little noise in every component;
//   - rows have length one.
//
// The same Made gives the same rows on every machine of one architecture; row i depends
// on Seed and i only, so a longer set starts with the shorter one.
type Made struct {
	Dims int
	Seed uint64
}

// The law of the set. These numbers were chosen before anything was measured on it and
// stay as they are, or figures of different days could not be compared.
const (
	madeLatent   = 24
	madeTopics   = 64
	madeClusters = 1024
	topicSpread  = 1.0
	clusterShare = 0.7
	pointShare   = 0.35
	bend         = 0.3
	meanShare    = 0.5
	noiseShare   = 0.02
)

type madeLaw struct {
	linear, curved [][madeLatent]float32 // one row per component
	mean           []float32
	clusters       [][madeLatent]float32
	upTo           []float64 // cumulated share of the clusters
}

func (m Made) law() *madeLaw {
	rng := rand.New(rand.NewPCG(m.Seed, 0x6c6177))
	l := &madeLaw{
		linear: make([][madeLatent]float32, m.Dims),
		curved: make([][madeLatent]float32, m.Dims),
		mean:   make([]float32, m.Dims),
	}
	for d := range m.Dims {
		for j := range madeLatent {
			l.linear[d][j] = float32(rng.NormFloat64() / math.Sqrt(float64(1+j)))
			l.curved[d][j] = float32(rng.NormFloat64())
		}
		l.mean[d] = float32(meanShare * rng.NormFloat64())
	}
	var topics [madeTopics][madeLatent]float32
	for t := range topics {
		for j := range madeLatent {
			topics[t][j] = float32(topicSpread * rng.NormFloat64())
		}
	}
	var sum float64
	for c := range madeClusters {
		var z [madeLatent]float32
		topic := &topics[rng.IntN(madeTopics)]
		for j := range z {
			z[j] = topic[j] + float32(clusterShare*rng.NormFloat64())
		}
		l.clusters = append(l.clusters, z)
		sum += 1 / math.Sqrt(float64(c+1))
		l.upTo = append(l.upTo, sum)
	}
	return l
}

// Rows returns rows first … first+n-1, one after the other.
func (m Made) Rows(first, n int) []float32 {
	l := m.law()
	out := make([]float32, n*m.Dims)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				rng := rand.New(rand.NewPCG(m.Seed, uint64(first+i)<<1|1))
				l.row(rng, out[i*m.Dims:(i+1)*m.Dims])
			}
		})
	}
	wg.Wait()
	return out
}

// Queries returns n vectors of the same law that are rows of no set.
func (m Made) Queries(n int) []float32 {
	const far = 1 << 40
	return m.Rows(far, n)
}

func (l *madeLaw) row(rng *rand.Rand, out []float32) {
	at := rng.Float64() * l.upTo[len(l.upTo)-1]
	c := sort.SearchFloat64s(l.upTo, at)
	z := l.clusters[min(c, len(l.clusters)-1)]
	for j := range z {
		z[j] += float32(pointShare * rng.NormFloat64())
	}
	for d := range out {
		var straight, phase float32
		for j := range z {
			straight += l.linear[d][j] * z[j]
			phase += l.curved[d][j] * z[j]
		}
		out[d] = l.mean[d] + straight + bend*float32(math.Sin(float64(phase))) + float32(noiseShare*rng.NormFloat64())
	}
	Normalize(out)
}

// Normalize scales v to length one; a zero vector stays as it is.
func Normalize(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	f := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= f
	}
}
