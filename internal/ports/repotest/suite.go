package repotest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Config says how to get the repositories under test.
type Config struct {
	// Open returns a new, empty repository. The suite closes it.
	Open func(tb testing.TB) ports.ChunkRepository
	// Reopen closes r and returns a repository with the same data. With nil the rules
	// about what lasts are skipped.
	Reopen func(tb testing.TB, r ports.ChunkRepository) ports.ChunkRepository
	// Databases is how many databases the rule about many of them makes; 0 means 1000.
	Databases int
	// Only narrows the suite to the rules whose names begin so.
	Only string
}

// Run checks every rule in a sub-test of its own.
func Run(t *testing.T, c Config) {
	for _, r := range rules() {
		if !strings.HasPrefix(r.name, c.Only) {
			continue
		}
		t.Run(r.name, func(t *testing.T) { r.run(t, c) })
	}
}

// rule is one promise, named in words.
type rule struct {
	name  string
	check func(*suite)
}

func rules() []rule {
	return slices.Concat(writeRules, keyRules, keyOrderRules, deleteRules, catalogRules, dropRules, appliedRules, readRules, boundRules, valueRules, expiryRules, lifeRules, filterRules, textRules, tokenizerRules(), alterRules, reembedRules, optionalRules, sparseRules, namedRules)
}

func (r rule) run(tb testing.TB, c Config) {
	s := &suite{TB: tb, config: c, ctx: context.Background()}
	s.repo = c.Open(tb)
	defer func() {
		if err := s.repo.Close(); err != nil {
			tb.Errorf("Close() = %v; want nil", err)
		}
	}()
	r.check(s)
}

// suite is what a rule works with.
type suite struct {
	testing.TB
	config Config
	ctx    context.Context
	repo   ports.ChunkRepository
	by     domain.Tokenizer // of the texts; "": Words
}

// reopen closes the repository and opens it again.
func (s *suite) reopen() {
	s.Helper()
	if s.config.Reopen == nil {
		s.Skip("this repository does not outlive Close")
	}
	s.repo = s.config.Reopen(s, s.repo)
}

// write stores a batch that must be fine.
func (s *suite) write(b domain.Batch) domain.Commit {
	s.Helper()
	c, err := s.repo.Write(s.ctx, b, nil)
	if err != nil {
		s.Fatalf("Write(%s) = %v; want nil", describe(b), err)
	}
	return c
}

// put stores chunks in database id, which it makes if need be.
func (s *suite) put(id string, chunks ...domain.Chunk) domain.Commit {
	s.Helper()
	return s.write(domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks})
}

// refused checks that a batch is refused for the reason kind.
func (s *suite) refused(b domain.Batch, kind error) {
	s.Helper()
	_, err := s.repo.Write(s.ctx, b, func(domain.Commit) { s.Errorf("Write(%s) called applied for a refused batch", describe(b)) })
	s.kind(fmt.Sprintf("Write(%s)", describe(b)), err, kind)
}

// kind checks that call returned an error of a kind.
func (s *suite) kind(call string, got, want error) {
	s.Helper()
	if !isKind(got, want) {
		s.Errorf("%s = %v; want %v", call, got, want)
	}
}

func (s *suite) find(id string) domain.Database {
	s.Helper()
	db, err := s.repo.Find(s.ctx, id)
	if err != nil {
		s.Fatalf("Find(%q) = %v; want nil", id, err)
	}
	return db
}

const allFields = domain.FieldText | domain.FieldMetadata | domain.FieldEmbedding

// chunks reads whole chunks of the database called id.
func (s *suite) chunks(id string, sel domain.Selection) []domain.Chunk {
	s.Helper()
	got, err := s.repo.Chunks(s.ctx, s.find(id), sel, allFields)
	if err != nil {
		s.Fatalf("Chunks(%q, %+v) = %v; want nil", id, sel, err)
	}
	return got
}

// all reads all chunks of the database called id.
func (s *suite) all(id string) []domain.Chunk {
	s.Helper()
	return s.chunks(id, domain.Selection{Limit: 1 << 20})
}

// same compares two values.
func (s *suite) same(what string, got, want any) {
	s.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

func describe(b domain.Batch) string {
	return fmt.Sprintf("%q: %d puts, %d deletes", b.Database, len(b.Put), len(b.Delete))
}

// chunk makes a chunk with text and the components of its embedding.
func chunk(text string, embedding ...float32) domain.Chunk {
	return domain.Chunk{Text: text, Metadata: domain.MetadataString(`{"of":"` + text + `"}`), Embedding: embedding}
}

// keyed gives c a key.
func keyed(key string, c domain.Chunk) domain.Chunk {
	c.Key = key
	return c
}

// numbered makes n chunks with 3 components, no two the same.
func numbered(n int) []domain.Chunk {
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk(fmt.Sprintf("number %d", i), float32(i), 1, -float32(i))
	}
	return chunks
}

func ids(chunks []domain.Chunk) []int64 {
	out := make([]int64, len(chunks))
	for i := range chunks {
		out[i] = chunks[i].ID
	}
	return out
}

func texts(chunks []domain.Chunk) []string {
	out := make([]string, len(chunks))
	for i := range chunks {
		out[i] = chunks[i].Text
	}
	return out
}

// upTo returns the ids from first to last.
func upTo(first, last int64) []int64 {
	var out []int64
	for id := first; id <= last; id++ {
		out = append(out, id)
	}
	return out
}
