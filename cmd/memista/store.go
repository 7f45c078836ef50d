package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	_ "github.com/memista/memista" // for bridge
	"github.com/memista/memista/api"
	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/domain"
)

// store is where the commands work: the data file itself, or a server.
type store interface {
	Create(ctx context.Context, id string, s domain.Settings) error
	// Insert stores all chunks or none.
	Insert(ctx context.Context, in app.Insert) ([]int64, error)
	Search(ctx context.Context, database string, q app.Query) (answer, error)
	// Chunk returns a chunk with all its parts, or ErrNotFound.
	Chunk(ctx context.Context, database string, ref app.Ref) (domain.Chunk, error)
	// Patch changes a chunk and returns it whole, or ErrNotFound.
	Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error)
	List(ctx context.Context, in app.List) (app.Page, error)
	ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error)
	Drop(ctx context.Context, id string) (existed bool, err error)
	// Backup writes a copy of all databases to a new file at path.
	Backup(ctx context.Context, path string) (int64, error)
	// api does what needs nothing but the types that library and client share.
	api() api.Service
	// Name says which store it is, for messages and to tell stores apart.
	Name() string
	Close() error
}

// answer is what a search has found, and how.
type answer struct {
	hits    []domain.Hit
	explain domain.Explain
}

// addServer gives a command the choice between the data file and a server.
func (g *global) addServer(cmd *cobra.Command) {
	cmd.Flags().StringVar(&g.server, "server", "", "work on the server at this address, such as http://127.0.0.1:8083, instead of on the data file ("+config.ServerVariable+")")
}

// with calls fn with the store that the command line names. Unless create is set, a data
// file that is not there is an error rather than a new file.
func (g *global) with(ctx context.Context, create bool, fn func(store) error) error {
	s, err := g.open(ctx, create)
	if err != nil {
		return err
	}
	return errors.Join(withHint(fn(s)), s.Close())
}

// withHint says where a key comes from, if err says that one is wanted, and what a server
// that does not answer may mean.
func withHint(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w (is the server running? memista serve starts one)", err)
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.Status == http.StatusUnauthorized {
		return fmt.Errorf("%w (commands send the key in MEMISTA_API_KEY)", err)
	}
	return err
}

func (g *global) open(ctx context.Context, create bool) (store, error) {
	cfg, err := g.config()
	if err != nil {
		return nil, err
	}
	if g.server == "" {
		if g.server, err = config.Server(g.sources()); err != nil {
			return nil, err
		}
	}
	if g.server != "" {
		key := ""
		if keys := cfg.APIKeys(); len(keys) > 0 {
			key = keys[0]
		}
		return openRemote(g.server, key)
	}
	path, err := datafile.Resolve(cfg.DatabasePath)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, fmt.Errorf("there is no data file %s: name one with --database-path, or a server with --server", path)
	}
	return openLocal(ctx, cfg, path)
}

// local is a data file, opened by this process.
type local struct {
	*app.Service
	path string
}

var _ store = local{}

func openLocal(ctx context.Context, cfg config.Config, path string) (store, error) {
	made, err := compose.Open(ctx, compose.Config{
		Path: path, Durability: cfg.Durability, SecureDelete: cfg.SecureDelete, Engine: cfg.Engine, FullTextHelp: compose.MakeFullText,
		Databases: cfg.MaxDatabases,
		Limits: app.Limits{
			Dims: cfg.MaxDims, Results: cfg.MaxResults, Chunks: cfg.MaxChunks, Queries: cfg.MaxQueries,
			Hits: cfg.MaxHits, Ef: cfg.MaxEf, Filter: cfg.MaxFilter, Answer: int64(cfg.MaxAnswer),
		},
	})
	if errors.Is(err, domain.ErrLocked) {
		return nil, fmt.Errorf("%w (if it is a server, name it with --server)", err)
	}
	if err != nil {
		return nil, err
	}
	return local{made.Service, path}, nil
}

func (l local) api() api.Service { return bridge.Wrap(l.Service) }

// Name returns the path of the file.
func (l local) Name() string { return l.path }

// Create makes the database, or checks that it has the settings.
func (l local) Create(ctx context.Context, id string, s domain.Settings) error {
	_, _, err := l.Service.Create(ctx, id, s)
	return err
}

// Search answers one query.
func (l local) Search(ctx context.Context, database string, q app.Query) (answer, error) {
	found, err := l.Service.Search(ctx, app.Search{Database: database, Fields: domain.DefaultFields, Queries: []app.Query{q}})
	if err != nil {
		return answer{}, err
	}
	return answer{found.Hits[0], found.Explain[0]}, nil
}

// Chunk returns one chunk whole.
func (l local) Chunk(ctx context.Context, database string, ref app.Ref) (domain.Chunk, error) {
	return l.Service.Chunk(ctx, database, ref, domain.DefaultFields|domain.FieldEmbedding)
}
