// Package usecasetest is the promises of usecase.Backend, as tests that every backend passes.
// What a backend has no capability for, it has to refuse.
package usecasetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

// Config says what to test. New is needed.
type Config struct {
	// New returns a backend without limits of its own that the end of t closes. Other tests
	// may have left databases in it; those of t have names that no other has.
	New func(t *testing.T) usecase.Backend
	// Settle is how long a search may take to see what was acknowledged, of a backend without
	// capability.ReadYourWrites.
	Settle time.Duration
	// NoCollections says that the backend has no registry of collections and aliases.
	NoCollections bool
}

// Run runs the suite.
func Run(t *testing.T, c Config) {
	for _, one := range []struct {
		name string
		run  func(t *testing.T, b *bench)
	}{
		{"databases", testDatabases}, {"settings", testSettings}, {"insert", testInsert}, {"bad input", testBadInput}, {"keys", testKeys}, {"conflicts", testConflicts},
		{"get", testGet}, {"list", testList}, {"count", testCount}, {"delete", testDelete},
		{"nearest", testNearest}, {"pages of hits", testPages}, {"filters", testFilters}, {"values", testValues}, {"sample", testSample},
		{"groups", testGroups}, {"diversity", testDiversity}, {"like", testLike},
		{"words", testWords}, {"words and vectors", testHybrid}, {"sparse", testSparse}, {"vectors under names", testNamedVectors}, {"target recall", testTargetRecall},
		{"expiry", testExpiry}, {"patch", testPatch}, {"change", testChange}, {"concurrent patches", testConcurrentPatches},
		{"collections", testCollections}, {"aliases", testAliases},
		{"operations", testOperations}, {"jobs", testJobs}, {"capabilities", testCapabilities},
	} {
		t.Run(one.name, func(t *testing.T) {
			backend := c.New(t)
			one.run(t, &bench{T: t, Backend: backend, Config: c, can: backend.Capabilities()})
		})
	}
}

// bench is a backend under test.
type bench struct {
	*testing.T
	usecase.Backend
	Config
	can capability.Set
}

// made counts the databases of all tests of this process.
var made atomic.Int64

// name returns the id of a database that no other test has.
func (b *bench) name() string {
	id := fmt.Sprintf("t%x-%d", time.Now().UnixNano(), made.Add(1))
	b.Cleanup(func() { _, _ = b.Drop(context.WithoutCancel(b.Context()), id) })
	return id
}

// insert stores chunks and returns their ids.
func (b *bench) insert(db string, chunks ...domain.Chunk) []int64 {
	b.Helper()
	ids, err := b.Insert(b.Context(), app.Insert{Database: db, Metric: domain.L2, Chunks: chunks})
	if err != nil {
		b.Fatalf("Insert: %v", err)
	}
	if len(ids) != len(chunks) {
		b.Fatalf("Insert = %d ids; want %d", len(ids), len(chunks))
	}
	return ids
}

// create makes a database.
func (b *bench) create(id string, set domain.Settings) domain.Database {
	b.Helper()
	db, created, err := b.Create(b.Context(), id, set)
	if err != nil || !created {
		b.Fatalf("Create(%q) = %v, %v; want it made", id, created, err)
	}
	return db
}

// soon calls fn until it returns nil, at most for as long as the backend may take to show
// what it has acknowledged.
func (b *bench) soon(what string, fn func() error) {
	b.Helper()
	deadline := time.Now().Add(b.Settle)
	for {
		err := fn()
		if err == nil {
			return
		}
		if b.can.Has(capability.ReadYourWrites) || time.Now().After(deadline) {
			b.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// refused fails the test unless err is a refusal of a capability that the backend has not.
func (b *bench) refused(what string, err error, c capability.Capability) {
	b.Helper()
	if !errors.Is(err, domain.ErrUnsupported) {
		b.Errorf("%s without %s = %v; want it refused as not supported", what, c, err)
	}
}

// is fails the test unless err is of kind.
func (b *bench) is(what string, err, kind error) {
	b.Helper()
	if !errors.Is(err, kind) {
		b.Errorf("%s = %v; want %v", what, err, kind)
	}
}

// vectors returns n random vectors, always the same.
func vectors(seed uint64, n, dims int) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	all := make([][]float32, n)
	for i := range all {
		all[i] = make([]float32, dims)
		for j := range all[i] {
			all[i][j] = float32(rng.NormFloat64())
		}
	}
	return all
}

// meta returns metadata.
func meta(object string) domain.Metadata {
	m, err := domain.MetadataObject([]byte(object))
	if err != nil {
		panic(err) // of a test that was written wrongly
	}
	return m
}

// numbered returns chunks with vectors and the metadata n and parity.
func numbered(all [][]float32) []domain.Chunk {
	chunks := make([]domain.Chunk, len(all))
	for i, v := range all {
		parity := [2]string{"even", "odd"}[i%2]
		chunks[i] = domain.Chunk{Text: fmt.Sprintf("text %d", i), Metadata: meta(fmt.Sprintf(`{"n":%d,"parity":%q,"tags":["t%d","all"]}`, i, parity, i%5)), Embedding: v}
	}
	return chunks
}
