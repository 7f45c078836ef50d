package filterlang_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"
)

func TestInstants(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-01":                          "2026-01-01T00:00:00Z",
		"2026-01-01T00:30:00+02:00":           "2025-12-31T22:30:00Z",
		"2026-01-01t00:30:00z":                "2026-01-01T00:30:00Z",
		"2026-01-01 00:30:00":                 "2026-01-01T00:30:00Z",
		"2026-01-01T00:30:00.5-00:30":         "2026-01-01T01:00:00.5Z",
		"2024-02-29T23:59:59.123456789987Z":   "2024-02-29T23:59:59.123456789Z",
		"0000-01-01T00:00:00+23:59":           "-0001-12-31T00:01:00Z",
		"9999-12-31T23:59:59.999999999-23:59": "10000-01-01T23:58:59.999999999Z",
	} {
		got, ok := filterlang.ParseInstant(text)
		if said := got.Format(time.RFC3339Nano); !ok || said != want {
			t.Errorf("ParseInstant(%q) = %s, %v; want %s", text, said, ok, want)
		}
	}
	for _, text := range []string{
		"", "now", "2026", "2026-01", "2026-1-1", "20260101", "2026-01-32", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
		"2026-01-01T", "2026-01-01T10", "2026-01-01T10:00", "2026-01-01T10:00:00.", "2026-01-01T10:00:00,5Z", "2026-01-01T24:00:00Z",
		"2026-01-01T10:60:00Z", "2026-01-01T23:59:60Z", "2026-01-01T1:00:00Z", "2026-01-01T10:00:00+24:00", "2026-01-01T10:00:00+01:60",
		"2026-01-01T10:00:00+01", "2026-01-01T10:00:00+0100", "2026-01-01T10:00:00 Z", "2026-01-01T10:00:00ZZ", "2026-01-01  10:00:00",
		" 2026-01-01", "2026-01-01 ", "-2026-01-01", "٢٠٢٦-01-01", "12026-01-01", "2451544.5", "2026-01-01Z", "2026:01:01",
	} {
		if got, ok := filterlang.ParseInstant(text); ok {
			t.Errorf("ParseInstant(%q) = %v; want none", text, got)
		}
	}
}

// Go's own parser is the reference for what it takes, and its order for the sortable form.
func TestInstantsAgreeWithGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(20261129, 1))
	previous, before := "", time.Time{}
	for i := range 200_000 {
		zone := time.FixedZone("", 60*(rng.IntN(2879)-1439))
		at := time.Date(rng.IntN(10_000), time.Month(1+rng.IntN(12)), 1+rng.IntN(31), rng.IntN(24), rng.IntN(60), rng.IntN(60), rng.IntN(1e9), zone)
		if at.Year() > 9999 || i%2 == 1 { // near the one before
			at = before.Add(time.Duration(rng.IntN(4e9) - 2e9)).In(zone)
		}
		text := at.Format(time.RFC3339Nano)
		if len(text) > 0 && (text[0] == '-' || text[4] != '-') { // no year of four digits
			continue
		}
		got, ok := filterlang.ParseInstant(text)
		if !ok || !got.Equal(at) {
			t.Fatalf("ParseInstant(%q) = %v, %v; want %v", text, got, ok, at)
		}
		key, ok := filterlang.SortableInstant(text)
		if !ok {
			t.Fatalf("SortableInstant(%q) has none", text)
		}
		if previous != "" && strings.Compare(key, previous) != at.Compare(before) {
			t.Fatalf("%q and %q compare as %d; want %d (%v, %v)", key, previous, strings.Compare(key, previous), at.Compare(before), at, before)
		}
		previous, before = key, at
	}
}

func FuzzParseInstant(f *testing.F) {
	f.Add("2026-01-01T00:30:00.25+02:00")
	f.Add("2026-01-01")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := filterlang.ParseInstant(text)
		want, err := time.Parse(time.RFC3339, text)
		if err == nil && ok && !got.Equal(want) {
			t.Fatalf("ParseInstant(%q) = %v; Go says %v", text, got, want)
		}
	})
}
