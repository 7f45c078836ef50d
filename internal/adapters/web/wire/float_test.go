package wire_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/memista/memista/internal/adapters/web/wire"
)

func readFloat(lit string) (float32, error) {
	var s wire.Scanner
	s.Reset([]byte(lit))
	f, err := s.Float()
	if err == nil {
		err = s.End()
	}
	return f, err
}

// checkFloat compares with strconv, which is exact.
func checkFloat(t *testing.T, lit string) {
	t.Helper()
	want, wantErr := strconv.ParseFloat(lit, 32)
	got, err := readFloat(lit)
	if (err != nil) != (wantErr != nil) {
		t.Errorf("Float(%s): error %v; strconv %v", lit, err, wantErr)
		return
	}
	if err == nil && math.Float32bits(got) != math.Float32bits(float32(want)) {
		t.Errorf("Float(%s) = %x; want %x", lit, math.Float32bits(got), math.Float32bits(float32(want)))
	}
}

func TestFloatEdges(t *testing.T) {
	for _, lit := range []string{
		"0", "-0", "0.0", "-0.000", "0e5", "0.0e-99999999999", "1", "-1", "1e0", "1E+2", "12e-1",
		"3.4028235e38", "3.4028234663852886e38", "3.4028235677973366e38", "3.40282357e38", "-3.4028236e38", "1e39", "1e400", "-1e99999999999",
		"1e-45", "7e-46", "7.1e-46", "1.1754944e-38", "1.1754943e-38", "1.1754942e-38", "1e-400", "1.17549435e-38",
		"16777216", "16777217", "16777218", "16777219", "16777217.0000000001", "16777216.9999999999", "1.00000005960464477539062",
		"1.00000005960464477539063", "1.000000059604644775390625", "1.0000000596046447753906250000000000000000001",
		"0.000000000000000000000000000000000000011754944", "12345678901234567890", "1234567890123456789", "18446744073709551615", "18446744073709551616",
		"0.12345678901234567890123", "9007199254740993", "9007199254740993e-10", "1e22", "1e23", "123456789e-63", "1e38", "0.00012345678901234567",
		"100000000000000000000000000000000000000", "0.1", "0.2", "0.3", "1.2345678e-05",
	} {
		checkFloat(t, lit)
	}
}

// Midpoints of two float32, and numbers a hair beside them, are where rounding twice
// goes wrong.
func TestFloatBesideMidpoints(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		bits := r.Uint32() &^ (1 << 31)
		if bits >= 0x7f7fffff {
			continue
		}
		a, b := float64(math.Float32frombits(bits)), float64(math.Float32frombits(bits+1))
		mid := (a + b) / 2
		for _, x := range []float64{mid, math.Nextafter(mid, 0), math.Nextafter(mid, 1e300)} {
			exact := new(big.Float).SetFloat64(x).Text('e', 60)
			for _, digits := range []int{-1, 9, 15, 16, 17, 18, 19} {
				checkFloat(t, strconv.FormatFloat(x, 'e', digits, 64))
			}
			checkFloat(t, exact)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestFloatOfRandomNumbers(t *testing.T) {
	const seed = 2
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100_000 {
		f := math.Float32frombits(r.Uint32())
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			continue
		}
		checkFloat(t, strconv.FormatFloat(float64(f), 'g', -1, 32))
		checkFloat(t, strconv.FormatFloat(float64(f), 'g', -1, 64))
		n := r.NormFloat64() / 20
		checkFloat(t, strconv.FormatFloat(n, 'g', -1, 64))
		checkFloat(t, strconv.FormatFloat(n, 'f', r.IntN(22), 64))
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

func TestAppendFloatReadsBack(t *testing.T) {
	const seed = 3
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		f := math.Float32frombits(r.Uint32())
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			continue
		}
		lit := wire.AppendFloat(nil, f)
		if !json.Valid(lit) {
			t.Fatalf("AppendFloat(%x) = %s is not JSON", math.Float32bits(f), lit)
		}
		if got, err := readFloat(string(lit)); err != nil || math.Float32bits(got) != math.Float32bits(f) {
			t.Fatalf("AppendFloat(%x) = %s reads back as %x, %v", math.Float32bits(f), lit, math.Float32bits(got), err)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(wire.AppendFloat(nil, float32(f))); got != "null" {
			t.Errorf("AppendFloat(%v) = %s; want null", f, got)
		}
	}
}
