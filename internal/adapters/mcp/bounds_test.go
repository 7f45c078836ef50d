package mcp_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
)

// read returns the text of a resource.
func read(t *testing.T, s *session, uri string) (string, error) {
	t.Helper()
	res, err := s.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
	if err != nil {
		return "", err
	}
	if len(res.Contents) != 1 {
		t.Fatalf("%s has %d contents; want 1", uri, len(res.Contents))
	}
	return res.Contents[0].Text, nil
}

// maxAnswer is how long an answer may be: its texts and metadata, and the rest of 50 hits.
const maxAnswer = 32<<10 + 50*512

// longText returns text of many alphabets, with what JSON escapes.
func longText(rng *rand.Rand, runes int) string {
	letters := []rune("aé水😀\"\\\n\t\u2028\x01 ")
	out := make([]rune, runes)
	for i := range out {
		out[i] = letters[rng.IntN(len(letters))]
	}
	return string(out)
}

func TestAnswersAreBounded(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	db := newService(t)
	texts := map[int64]string{}
	var chunks []api.Chunk
	for i := range 50 {
		meta := map[string]any{"n": i, "long": strings.Repeat("x", rng.IntN(2000))}
		chunks = append(chunks, api.Chunk{Text: longText(rng, 100+rng.IntN(20_000)), Metadata: api.Meta(meta), Embedding: []float32{1, float32(i)}})
	}
	ids, err := db.Insert(t.Context(), "long", chunks, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		texts[id] = chunks[i].Text
	}
	if _, err := db.Create(t.Context(), "found", &api.Settings{Dims: 2, FullText: api.Words}); err != nil {
		t.Fatal(err)
	}
	for i := range chunks {
		chunks[i].Text = "needle " + chunks[i].Text
	}
	if _, err := db.Insert(t.Context(), "found", chunks, nil); err != nil {
		t.Fatal(err)
	}
	s := overPipes(t, db, mcp.Options{})

	t.Run("a search", func(t *testing.T) {
		var found hits
		raw := s.call("search", `{"database":"found","query":"needle","limit":50}`)
		if err := json.Unmarshal([]byte(raw), &found); err != nil || len(found.Hits) != 50 {
			t.Fatalf("search found %d, %v; want 50", len(found.Hits), err)
		}
		if len(raw) > maxAnswer {
			t.Errorf("the answer has %d bytes; want at most %d", len(raw), maxAnswer)
		}
		for _, h := range found.Hits {
			whole := chunks[h.ID-1].Text
			if !strings.HasPrefix(whole, h.Text) || h.Text == "" || (len(h.Text) < len(whole)) != strings.Contains(h.Note, fmt.Sprintf("get with id %d and offset %d returns the rest", h.ID, len(h.Text))) {
				t.Errorf("hit %d shows %d of %d bytes, and says %q", h.ID, len(h.Text), len(whole), h.Note)
			}
		}
	})
	t.Run("get, which returns the rest of a text", func(t *testing.T) {
		for id, want := range texts {
			var got string
			for calls := 0; ; calls++ {
				raw := s.call("get", fmt.Sprintf(`{"database":"long","id":%d,"offset":%d}`, id, len(got)))
				var c chunk
				if err := json.Unmarshal([]byte(raw), &c); err != nil {
					t.Fatal(err)
				}
				if len(raw) > maxAnswer {
					t.Errorf("a part has %d bytes; want at most %d", len(raw), maxAnswer)
				}
				got += c.Text
				if c.Note == "" {
					break
				}
				if calls > 100 {
					t.Fatalf("chunk %d has no end", id)
				}
			}
			if got != want {
				t.Fatalf("the parts of chunk %d are %d bytes together; want its text of %d", id, len(got), len(want))
			}
		}
	})
	t.Run("get behind the end, and inside a letter", func(t *testing.T) {
		var c chunk
		s.into(&c, "get", `{"database":"long","id":1,"offset":100000000}`)
		if c.Text != "" || c.Note != "" {
			t.Errorf("get behind the end = %q, %q; want nothing", c.Text, c.Note)
		}
		if _, err := db.Insert(t.Context(), "letters", []api.Chunk{{Text: "a水b", Embedding: []float32{1}}}, nil); err != nil {
			t.Fatal(err)
		}
		s.into(&c, "get", `{"database":"letters","id":1,"offset":2}`)
		if c.Text != "b" {
			t.Errorf("get inside a letter = %q; want what is behind it", c.Text)
		}
	})
	t.Run("metadata", func(t *testing.T) {
		big := api.Meta(map[string]any{"long": strings.Repeat("x", 100<<10)})
		if _, err := db.Insert(t.Context(), "big", []api.Chunk{{Text: "small", Metadata: big, Embedding: []float32{1}}}, nil); err != nil {
			t.Fatal(err)
		}
		var c chunk
		s.into(&c, "get", `{"database":"big","id":1}`)
		if c.Text != "small" || c.Metadata != nil || c.Note != "metadata of 102411 bytes is left out" {
			t.Errorf("get = %q, %q; want the text, and a note of the metadata", c.Text, c.Note)
		}
		if raw := s.call("describe_database", `{"database":"big"}`); len(raw) > 2000 {
			t.Errorf("describe_database = %s; want examples cut", raw)
		}
	})
}

func TestDescriptionIsBounded(t *testing.T) {
	db := newService(t)
	meta := map[string]any{}
	for i := range 3000 {
		meta[fmt.Sprintf("%d%s", i, strings.Repeat("y", 180))] = strings.Repeat("\"", 300)
	}
	if _, err := db.Insert(t.Context(), "wide", []api.Chunk{{Text: "x", Metadata: api.Meta(meta), Embedding: []float32{1}}}, nil); err != nil {
		t.Fatal(err)
	}
	if raw := overPipes(t, db, mcp.Options{}).call("describe_database", `{"database":"wide"}`); len(raw) > maxAnswer {
		t.Errorf("describe_database has %d bytes; want at most %d", len(raw), maxAnswer)
	}
}
