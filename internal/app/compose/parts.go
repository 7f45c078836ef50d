package compose

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/ports"
)

// Build says what this build consists of.
type Build struct {
	Engines       []string // the default first
	SQLiteDriver  string
	SQLiteVersion string
	FullText      bool   // texts can be searched: SQLite has FTS5
	SIMD          string // instruction set in use
	USearch       string // version of the linked USearch; "" is none
	USearchSIMD   string // instruction set it uses; "serial" is a build gone wrong
}

// Instructions names the instruction sets in use, that of USearch with its name.
func (b Build) Instructions() string {
	if b.USearch == "" {
		return b.SIMD
	}
	return b.SIMD + ", usearch " + b.USearchSIMD
}

// About describes this build; it opens nothing.
func About() Build {
	var names []string
	for _, e := range graphs() {
		names = append(names, e.Name())
	}
	version, level := aboutUSearch()
	return Build{
		Engines: append(names, Flat().Name()), USearch: version, USearchSIMD: level,
		SQLiteDriver: sqlite.Driver, SQLiteVersion: sqlite.LibraryVersion(),
		FullText: sqlite.HasFullText,
		SIMD:     simd.Level(),
	}
}

// MakeFullText is the FullTextHelp of memista's own program.
const MakeFullText = "make build makes a memista that has it, as does go build with -tags sqlite_fts5 or with CGO_ENABLED=0"

// Repository opens the repository that Open would, for callers who wrap it before they
// give it to Open.
func Repository(ctx context.Context, c Config) (ports.ChunkRepository, error) {
	store, err := sqlite.Open(ctx, c.Path, &sqlite.Options{
		Durability: c.Durability, SecureDelete: c.SecureDelete, MaxDatabases: c.Databases, FullTextHelp: c.FullTextHelp, EmbeddingCache: c.Embed.FileBytes,
	})
	if err != nil {
		return nil, err // not a nil *Store in an interface
	}
	return store, nil
}

// Graphs returns the graph engines that Open would take, the default first.
func Graphs() []ports.Engine { return graphs() }

// Flat returns the exact engine that Open would take.
func Flat() ports.BufferEngine { return flat.Engine{} }
