package collections_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

const (
	raw    = collections.KeyForm(collection.RawKeys)
	points = collections.KeyForm(collection.PointKeys)
)

func TestKeysOfPoints(t *testing.T) {
	const canonical = "6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"
	for in, want := range map[string]string{
		"0":                                     "u:00000000000000000000",
		"7":                                     "u:00000000000000000007",
		"18446744073709551615":                  "u:18446744073709551615",
		"18446744073709551616":                  "z:18446744073709551616",
		"07":                                    "z:07",
		"-1":                                    "z:-1",
		"7.0":                                   "z:7.0",
		"":                                      "z:",
		"u:7":                                   "z:u:7",
		canonical:                               "x:" + canonical,
		strings.ToUpper(canonical):              "x:" + canonical,
		strings.ReplaceAll(canonical, "-", ""):  "x:" + canonical,
		"urn:uuid:" + canonical:                 "x:" + canonical,
		"{" + canonical + "}":                   "x:" + canonical,
		canonical[:35]:                          "z:" + canonical[:35],
		strings.Replace(canonical, "-", "_", 1): "z:" + strings.Replace(canonical, "-", "_", 1),
		"6b0b7c0e5b0c4a1a9d6e0f6f4f0d2a1g":      "z:6b0b7c0e5b0c4a1a9d6e0f6f4f0d2a1g",
		"Straße 日本":                             "z:Straße 日本",
	} {
		if got := points.Key(collections.Text(in)); got != want {
			t.Errorf("Key(Text(%q)) = %q; want %q", in, got, want)
		}
		if got := raw.Key(collections.Text(in)); got != in {
			t.Errorf("raw Key(Text(%q)) = %q; want it as it is", in, got)
		}
	}
	if got := raw.Key(collections.Number(math.MaxUint64)); got != "18446744073709551615" {
		t.Errorf("raw Key of 2^64-1 = %q", got)
	}
}

func TestIDsAsJSON(t *testing.T) {
	for in, want := range map[collections.ID]string{
		collections.Number(math.MaxUint64):                   "18446744073709551615",
		collections.Text("9"):                                "9",
		collections.Text("6B0B7C0E5B0C4A1A9D6E0F6F4F0D2A11"): `"6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"`,
		collections.Text("a\"b"):                             `"a\"b"`,
	} {
		if got := string(in.AppendJSON([]byte("x"))); got != "x"+want {
			t.Errorf("AppendJSON = %s; want x%s", got, want)
		}
	}
}

// randomKey makes keys of all kinds, near the borders between them more often.
func randomKey(r *rand.Rand) string {
	u := collection.NewUUID().String()
	digits := fmt.Sprint(r.Uint64() >> r.IntN(64))
	base := []string{
		digits, "0" + digits, fmt.Sprintf("%020s", digits), u, strings.ToUpper(u), strings.ReplaceAll(u, "-", ""), "{" + u + "}", "urn:uuid:" + u,
		"", "a", "Ж", "18446744073709551615", "18446744073709551616", "99999999999999999999", fmt.Sprint(r.Uint32()), " ", "u:", "\"",
	}[r.IntN(18)]
	return []string{"", "u:", "x:", "z:", "U:", "u", ":"}[r.IntN(7)] + base
}

// TestEveryChunkIsFoundByItsID gives chunks ids as callers see them, and takes what they send
// back for a chunk.
func TestEveryChunkIsFoundByItsID(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		key, chunk := randomKey(r), 1+r.Int64N(1<<40)
		for _, f := range []collections.KeyForm{raw, points} {
			seen := f.ID(key, chunk)
			for _, sent := range []collections.ID{seen, collections.Text(seen.String()), fromJSON(t, seen)} {
				want := domain.Ref{Key: key}
				if key == "" {
					want = domain.Ref{ID: chunk}
				}
				refs := append([]domain.Ref{{Key: f.Key(sent)}}, f.Fallback(sent)...)
				if !slices.Contains(refs, want) {
					t.Fatalf("%s: chunk %d with key %q is seen as %q, which leads to %v", f, chunk, key, seen, refs)
				}
			}
			if f == raw && key != "" && seen.String() != key {
				t.Fatalf("raw: the key %q is seen as %q", key, seen)
			}
		}
	}
}

// fromJSON reads the id that a caller sends who was sent id.
func fromJSON(t *testing.T, id collections.ID) collections.ID {
	var s string
	b := id.AppendJSON(nil)
	if b[0] != '"' {
		return collections.Text(string(b))
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return collections.Text(s)
}

// TestIDsThatAreSentComeBack stores points under the keys of what was sent.
func TestIDsThatAreSentComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		sent := collections.Text(randomKey(r))
		if r.IntN(2) == 0 {
			sent = collections.Number(r.Uint64() >> r.IntN(64))
		}
		for _, f := range []collections.KeyForm{raw, points} {
			key := f.Key(sent)
			if key == "" { // raw, and no key at all
				continue
			}
			got := f.ID(key, 99)
			if f == points && (got.String() != sent.String() || f.Key(got) != key) {
				t.Fatalf("points: %q was sent, stored as %q, and comes back as %q", sent, key, got)
			}
			if f.Key(collections.Text(got.String())) != key {
				t.Fatalf("%s: %q was sent, stored as %q, and comes back as %q, which is another key", f, sent, key, got)
			}
			if _, is := sent.Number(); is {
				if _, still := got.Number(); !still || string(got.AppendJSON(nil)) != sent.String() {
					t.Fatalf("%s: the integer %q comes back as %s", f, sent, got.AppendJSON(nil))
				}
			}
		}
	}
}

// TestKeysOfPointsSort compares the order of keys with that of ids: integers by value, then
// UUIDs, then texts.
func TestKeysOfPointsSort(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	rank := func(i collections.ID) int {
		if _, is := i.Number(); is {
			return 0
		}
		if _, is := collection.ParseUUID(i.String()); is {
			return 1
		}
		return 2
	}
	for range 20_000 {
		a, b := collections.Text(randomKey(r)), collections.Text(randomKey(r))
		less := rank(a) < rank(b)
		if rank(a) == rank(b) {
			x, _ := a.Number()
			y, _ := b.Number()
			less = x < y || rank(a) > 0 && a.String() < b.String()
		}
		if got := points.Key(a) < points.Key(b); got != less {
			t.Fatalf("Key(%q) = %q and Key(%q) = %q: less %v; want %v", a, points.Key(a), b, points.Key(b), got, less)
		}
	}
}
