// Package compose puts memista together in plain Go: it is the only place that picks
// adapters. What a build contains is decided by the build tags of its files.
package compose

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/ports"
)

// Config says what to compose. The zero value is a memista in memory with all defaults.
type Config struct {
	Path       string // of the SQLite file; "" keeps everything in memory
	Durability string // "full" (the default) or "normal"
	// SecureDelete overwrites what is deleted in the SQLite file.
	SecureDelete bool
	FullTextHelp string // how to get full text where the build has none; "" is for programs that embed memista
	Engine       string // of databases that name none; "" is the build's default
	Limits       app.Limits
	Databases    int // most databases there may be; 0: no bound
	Lifecycle    app.Lifecycle
	Tail         app.Tail
	Report       func(database string, err error) // is told of faults that no call returns; may be nil

	Now func() time.Time // the clock by which chunks expire; nil is time.Now

	Embed  EmbedConfig  // where embeddings of texts come from
	Rerank RerankConfig // what ranks hits again

	// Repository, Flat and Graphs replace the adapters of this build where set.
	Repository ports.ChunkRepository // closed with the service; Path is then not used
	Flat       ports.BufferEngine
	Graphs     []ports.Engine  // the default first; not nil: these, even if none
	Embedders  ports.Embedders // closed with the service; Embed is then not used
	Reranker   ports.Reranker  // closed with the service; Rerank is then not used
}

// Composed is a service with what it was composed of.
type Composed struct {
	Service    *app.Service
	Repository ports.ChunkRepository
}

// Open composes a service as c says. Closing the service closes everything.
func Open(ctx context.Context, c Config) (Composed, error) {
	if c.Flat == nil {
		c.Flat = flat.Engine{}
	}
	if c.Graphs == nil {
		c.Graphs = graphs()
	}
	repo := c.Repository
	if repo == nil {
		var err error
		if repo, err = Repository(ctx, c); err != nil {
			return Composed{}, err
		}
	}
	var files ports.IndexFiles
	if c.Path != "" {
		// Where the file itself is: then all its names find the same index files.
		path, err := datafile.Resolve(c.Path)
		if err != nil {
			return Composed{}, errors.Join(err, repo.Close())
		}
		files = indexdir.Dir(filepath.Dir(path))
	}
	if c.Embed.Models == "" && c.Path != "" {
		c.Embed.Models = filepath.Join(filepath.Dir(c.Path), "models")
	}
	embedders := c.Embedders
	if embedders == nil {
		var err error
		if embedders, err = Embedders(c.Embed, embeddingStore(repo)); err != nil {
			return Composed{}, errors.Join(err, repo.Close())
		}
	}
	reranker := c.Reranker
	if reranker == nil {
		var err error
		if reranker, err = Reranker(c.Rerank); err != nil {
			return Composed{}, errors.Join(err, embedders.Close(), repo.Close())
		}
	}
	svc, err := app.New(app.Config{
		Repository: repo, Flat: c.Flat, Engines: c.Graphs, Engine: c.Engine,
		Files: files, OwnsFiles: files != nil && datafile.OwnsDirectory(c.Path), Limits: c.Limits, Lifecycle: c.Lifecycle, Tail: c.Tail, Report: c.Report, Now: c.Now, Embedders: embedders, Reranker: reranker,
	})
	if err != nil {
		return Composed{}, errors.Join(err, embedders.Close(), repo.Close())
	}
	return Composed{Service: svc, Repository: repo}, nil
}

// embeddingStore returns where repo keeps embeddings of texts; nil if it does not.
func embeddingStore(repo ports.ChunkRepository) ports.EmbeddingStore {
	if k, ok := repo.(ports.EmbeddingKeeper); ok {
		return k.EmbeddingStore()
	}
	return nil
}
