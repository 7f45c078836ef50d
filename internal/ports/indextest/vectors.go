package indextest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Clustered returns n vectors shaped like embeddings of text: clusters of uneven size in
// few latent directions of falling weight, a little noise in all the others, and lengths
// that differ mildly. The same arguments give the same vectors; the first m of them are
// not those of a smaller n, so take held-out queries from the end of one call.
func Clustered(seed uint64, n, dims int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 0x636c7573))
	latent := min(dims, 24)
	axes := make([][]float64, latent)
	for i := range axes {
		axes[i] = normals(r, dims, 1/math.Sqrt(float64(i+1)*float64(dims)))
	}
	centers := make([][]float64, 4+n/100)
	for i := range centers {
		centers[i] = normals(r, latent, 1)
	}
	vectors := make([][]float32, n)
	sum := make([]float64, dims)
	for i := range vectors {
		u := r.Float64()
		center := centers[int(u*u*float64(len(centers)))] // low numbers are big clusters
		clear(sum)
		for j, axis := range axes {
			w := center[j] + 0.6*r.NormFloat64()
			for d, x := range axis {
				sum[d] += w * x
			}
		}
		length := math.Exp(0.2 * r.NormFloat64())
		v := make([]float32, dims)
		for d := range v {
			v[d] = float32(length * (sum[d] + 0.02*r.NormFloat64()/math.Sqrt(float64(dims))))
		}
		vectors[i] = v
	}
	return vectors
}

// Gaussian returns n vectors of independent normal components: no structure at all, the
// hardest data for a graph.
func Gaussian(seed uint64, n, dims int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 0x67617573))
	vectors := make([][]float32, n)
	for i := range vectors {
		v := make([]float32, dims)
		for d := range v {
			v[d] = float32(r.NormFloat64())
		}
		vectors[i] = v
	}
	return vectors
}

// Shift adds by to each component of each vector, in place.
func Shift(vectors [][]float32, by float32) {
	for _, v := range vectors {
		for d := range v {
			v[d] += by
		}
	}
}

// Scale multiplies each vector in place by a random length between low and high, evenly
// spread over the orders of magnitude.
func Scale(seed uint64, vectors [][]float32, low, high float64) {
	r := rand.New(rand.NewPCG(seed, 0x7363616c))
	for _, v := range vectors {
		f := float32(low * math.Pow(high/low, r.Float64()))
		for d := range v {
			v[d] *= f
		}
	}
}

// Around returns a vector whose components differ from those of v by about spread of them.
func Around(r *rand.Rand, v []float32, spread float32) []float32 {
	w := slices.Clone(v)
	for d := range w {
		w[d] *= 1 + spread*float32(r.NormFloat64())
	}
	return w
}

// Length returns the Euclidean length of v.
func Length(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// SetLength gives v another length, in place.
func SetLength(v []float32, length float64) {
	f := float32(length / Length(v))
	for d := range v {
		v[d] *= f
	}
}

func normals(r *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64() * scale
	}
	return v
}
