package fingerprint_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
)

const fingerprintSeed = 20261130

// randomEmbeddings returns three of length 1 that share a large part, as the embeddings of
// real models do.
func randomEmbeddings(r *rand.Rand, dims int) [][]float32 {
	shared := make([]float64, dims)
	for i := range shared {
		shared[i] = r.NormFloat64()
	}
	out := make([][]float32, 3)
	for t := range out {
		v := make([]float64, dims)
		for i := range v {
			v[i] = shared[i] + r.NormFloat64()
		}
		out[t] = unit(v)
	}
	return out
}

func unit(v []float64) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x / math.Sqrt(sum))
	}
	return out
}

// turned returns embeddings at the cosine cos to es, in random directions.
func turned(r *rand.Rand, es [][]float32, cos float64) [][]float32 {
	out := make([][]float32, len(es))
	for t, e := range es {
		noise := make([]float64, len(e))
		along := 0.0
		for i := range noise {
			noise[i] = r.NormFloat64()
			along += noise[i] * float64(e[i])
		}
		length := 0.0
		for i := range noise {
			noise[i] -= along * float64(e[i])
			length += noise[i] * noise[i]
		}
		v := make([]float64, len(e))
		for i := range v {
			v[i] = cos*float64(e[i]) + math.Sqrt(1-cos*cos)*noise[i]/math.Sqrt(length)
		}
		out[t] = unit(v)
	}
	return out
}

func mustFingerprint(t *testing.T, es [][]float32) string {
	t.Helper()
	f, err := fingerprint.Of(es)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// share returns which part of 400 pairs of models at the cosine cos are taken for the same,
// and which part has the same string.
func share(t *testing.T, cos float64) (same, equal float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(fingerprintSeed, 1))
	const n = 400
	for i := range n {
		es := randomEmbeddings(r, []int{32, 384, 1536}[i%3])
		a, b := mustFingerprint(t, es), mustFingerprint(t, turned(r, es, cos))
		if fingerprint.Same(a, b) != fingerprint.Same(b, a) {
			t.Fatalf("SameFingerprint(%q, %q) depends on the order", a, b)
		}
		if fingerprint.Same(a, b) {
			same++
		}
		if a == b {
			equal++
		}
	}
	return same / n, equal / n
}

func TestFingerprintTellsModelsApart(t *testing.T) {
	for _, c := range []struct {
		name     string
		cos      float64
		from, to float64
	}{
		{"the same numbers are the same model", 1, 1, 1},
		{"rounding to 32 bits elsewhere is the same model", 1 - 1e-12, 1, 1},
		{"rounding to 16 bits is the same model", 1 - 1e-6, 1, 1},
		{"a cosine of 0.999 is the same model", 0.999, 1, 1},
		{"a cosine of 0.95 is another model", 0.95, 0, 0.001},
		{"a cosine of 0.5 is another model", 0.5, 0, 0},
		{"a cosine of 0 is another model", 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			same, equal := share(t, c.cos)
			if same < c.from || same > c.to {
				t.Errorf("seed %d: at the cosine %v, %.3f of pairs are the same; want %v to %v", fingerprintSeed, c.cos, same, c.from, c.to)
			}
			t.Logf("cosine %v: %.4f same, %.4f with equal strings", c.cos, same, equal)
		})
	}
}

func TestFingerprintSeesLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(fingerprintSeed, 2))
	es := randomEmbeddings(r, 100)
	scaled := func(by float32) string {
		out := make([][]float32, len(es))
		for t := range es {
			out[t] = make([]float32, len(es[t]))
			for i, x := range es[t] {
				out[t][i] = x * by
			}
		}
		return mustFingerprint(t, out)
	}
	plain := scaled(1)
	for _, by := range []float32{0.999, 1.001, 1.05} {
		if !fingerprint.Same(plain, scaled(by)) {
			t.Errorf("embeddings %v times as long are another model; want the same", by)
		}
	}
	for _, by := range []float32{0, 0.5, 2, 17, 1e-30, 1e30} {
		if fingerprint.Same(plain, scaled(by)) {
			t.Errorf("embeddings %v times as long are the same model; want another", by)
		}
	}
	if fingerprint.Same(scaled(0), scaled(1e-10)) {
		t.Error("zero vectors are the same model as very short ones; want another")
	}
}

func TestFingerprintIsStored(t *testing.T) {
	es := make([][]float32, 3)
	for k := range es {
		es[k] = make([]float32, 5)
		for i := range es[k] {
			es[k][i] = float32((i+1)*(k+2)%7) - 3
		}
	}
	const want = "1-5-885977ac595a995776-887858979a99b8a555-88889889656878899a"
	if got := mustFingerprint(t, es); got != want {
		t.Errorf("Fingerprint = %q; want %q: databases have it on disk", got, want)
	}
}

func TestFingerprintRefuses(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		name string
		es   [][]float32
		kind error
	}{
		{"no embeddings", nil, domain.ErrInvalid},
		{"two embeddings", [][]float32{{1}, {1}}, domain.ErrInvalid},
		{"embeddings without components", [][]float32{{}, {}, {}}, domain.ErrInvalid},
		{"embeddings of different dims", [][]float32{{1}, {1, 2}, {1}}, domain.ErrInvalid},
		{"NaN", [][]float32{{1}, {nan}, {1}}, domain.ErrNotFinite},
		{"infinity", [][]float32{{1}, {1}, {inf}}, domain.ErrNotFinite},
	} {
		t.Run(c.name, func(t *testing.T) {
			if f, err := fingerprint.Of(c.es); !errors.Is(err, c.kind) {
				t.Errorf("Fingerprint(%v) = %q, %v; want %v", c.es, f, err, c.kind)
			}
		})
	}
}

func TestForeignFingerprintsAreComparedAsText(t *testing.T) {
	known := mustFingerprint(t, [][]float32{{1, 2}, {3, 4}, {5, 6}})
	for _, other := range []string{"", "sha256:12", "1-2", "2" + known[1:], known + "-00", strings.Replace(known, "-", "-x", 1), known[:len(known)-1] + "g", known[:len(known)-1], "1-2-zz" + known[6:]} {
		if fingerprint.Same(known, other) || fingerprint.Same(other, known) {
			t.Errorf("SameFingerprint(%q, %q) = true; want false", known, other)
		}
		if !fingerprint.Same(other, other) {
			t.Errorf("SameFingerprint(%q, itself) = false; want true", other)
		}
	}
	texts := fingerprint.Texts()
	texts[0] = "changed"
	if fingerprint.Texts()[0] == "changed" {
		t.Error("Texts returns a slice that callers share")
	}
}
