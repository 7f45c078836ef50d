package repotest

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

var readRules = []rule{
	{"chunks by id come in the order asked, without the unknown", func(s *suite) {
		s.put("db", numbered(20)...)
		s.same("ids", ids(s.chunks("db", domain.Selection{IDs: []int64{7, 99, 3, 20, -1, 0, 1, 15, 2}})), []int64{7, 3, 20, 1, 15, 2})
		s.same("ids of none", ids(s.chunks("db", domain.Selection{IDs: []int64{}})), []int64{})
		s.same("ids of unknown", ids(s.chunks("db", domain.Selection{IDs: []int64{math.MaxInt64, math.MinInt64}})), []int64{})
	}},
	{"chunks by key come in the order asked, without the unknown", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1)), chunk("two", 2), keyed("c", chunk("three", 3)))
		s.same("ids", ids(s.chunks("db", domain.Selection{Keys: []string{"c", "nope", "", "a"}})), []int64{3, 1})
		s.same("ids of none", ids(s.chunks("db", domain.Selection{Keys: []string{}})), []int64{})
	}},
	{"a listing goes up in ids from after, at most limit", func(s *suite) {
		s.put("db", numbered(10)...)
		s.write(domain.Batch{Database: "db", Delete: []int64{4, 5}})
		for _, page := range []struct {
			after int64
			limit int
			want  []int64
		}{
			{0, 3, []int64{1, 2, 3}},
			{3, 3, []int64{6, 7, 8}},
			{8, 3, []int64{9, 10}},
			{10, 3, []int64{}},
			{-5, 1, []int64{1}},
			{0, 0, []int64{}},
			{math.MaxInt64, 2, []int64{}},
		} {
			got := s.chunks("db", domain.Selection{After: page.after, Limit: page.limit})
			s.same("ids of a page", ids(got), page.want)
		}
	}},
	{"only the fields asked for come, and the id, key, expiry and sequence always", func(s *suite) {
		full := keyed("k", chunk("text", 1, 2))
		full.ExpiresAt = time.Date(2031, 5, 6, 7, 8, 9, 1000, time.UTC)
		db := s.put("db", full).Database
		full.ID, full.Sequence = 1, 1
		for fields := domain.Fields(0); fields <= allFields; fields++ {
			want := project(full, fields)
			for _, sel := range []domain.Selection{{IDs: []int64{1}}, {Keys: []string{"k"}}, {Limit: 5}} {
				got, err := s.repo.Chunks(s.ctx, db, sel, fields)
				if err != nil {
					s.Fatalf("Chunks = %v; want nil", err)
				}
				s.same("chunk", got, []domain.Chunk{want})
			}
		}
	}},
}

var valueRules = []rule{
	{"metadata comes back in the form it was sent", func(s *suite) {
		forms := []domain.Metadata{
			{},
			domain.MetadataString(""),
			domain.MetadataString(`{"a": 1}`),
			domain.MetadataString("not JSON"),
			domain.MetadataString("null"),
			{Form: domain.ObjectMetadata, Text: `{}`},
			{Form: domain.ObjectMetadata, Text: `{"a":1.50,"b":[null,"ü\u0000"],"a":12345678901234567890}`},
		}
		chunks := make([]domain.Chunk, len(forms))
		for i, form := range forms {
			chunks[i] = domain.Chunk{Metadata: form, Embedding: []float32{1}}
		}
		s.put("db", chunks...)
		got := []domain.Metadata{}
		for _, c := range s.all("db") {
			got = append(got, c.Metadata)
		}
		s.same("metadata", got, forms)
	}},
	{"embeddings come back bit for bit", func(s *suite) {
		v := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
			math.Float32frombits(0x007fffff), math.Float32frombits(0x00800000), math.MaxFloat32, -math.MaxFloat32,
			0.1, float32(math.Pi), math.Float32frombits(0x3f800001), 1e-40, 65504, 65505}
		s.put("db", chunk("odd", slices.Clone(v)...))
		got := s.all("db")[0].Embedding
		if len(got) != len(v) {
			s.Fatalf("%d components came back; want %d", len(got), len(v))
		}
		for i := range v {
			if math.Float32bits(got[i]) != math.Float32bits(v[i]) {
				s.Errorf("component %d = %08x; want %08x", i, math.Float32bits(got[i]), math.Float32bits(v[i]))
			}
		}
	}},
	{"embeddings of every width come back", func(s *suite) {
		for _, dims := range []int{1, 2, 100, 1536, 4096, 20000} {
			c := chunk("wide", make([]float32, dims)...)
			for i := range c.Embedding {
				c.Embedding[i] = float32(i) + 0.5
			}
			id := strings.Repeat("w", 1+dims%7) + strings.Repeat("x", dims%11)
			s.put(id, c, c)
			s.same("embedding", s.all(id)[1].Embedding, c.Embedding)
		}
	}},
	{"text comes back byte for byte", func(s *suite) {
		odd := []string{"", " ", "\x00", "a\x00b", "'; DROP TABLE x; --", `"`, "line\r\nbreak\t", "äöü", "a\u0308", "日本語", "🙂👩\u200d👧", "\ufeffbom",
			"\u202eright to left", "\xff\xfe not UTF-8", "%s %d ?1 :a @b $c", strings.Repeat("long ", 50000)}
		chunks := make([]domain.Chunk, len(odd))
		for i, text := range odd {
			chunks[i] = domain.Chunk{Text: text, Metadata: domain.MetadataString(text), Embedding: []float32{1}}
		}
		s.put("db", chunks...)
		for i, c := range s.all("db") {
			if c.Text != odd[i] || c.Metadata.Text != odd[i] {
				s.Errorf("chunk %d: text %.40q, metadata %.40q; want %.40q", i, c.Text, c.Metadata.Text, odd[i])
			}
		}
	}},
	{"the time of expiry is kept to the microsecond", func(s *suite) {
		times := []time.Time{{}, time.Date(2030, 1, 2, 3, 4, 5, 678901234, time.FixedZone("x", 3600)), time.Unix(0, 0), time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)}
		chunks := make([]domain.Chunk, len(times))
		for i, at := range times {
			chunks[i] = domain.Chunk{ExpiresAt: at, Embedding: []float32{1}}
		}
		s.put("db", chunks...)
		for i, c := range s.all("db") {
			want := times[i]
			if !want.IsZero() {
				want = want.UTC().Truncate(time.Microsecond)
			}
			if c.ExpiresAt != want {
				s.Errorf("expiry %d = %v; want %v", i, c.ExpiresAt, want)
			}
		}
	}},
}
