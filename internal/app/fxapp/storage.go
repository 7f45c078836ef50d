package fxapp

import (
	"context"
	"errors"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/ports"
)

// storage provides what the service stands on, each under its port.
var storage = fx.Module("storage", fx.Provide(
	newRepository,
	newGraphs,
	fx.Annotate(compose.Flat, fx.ResultTags(`name:"flat"`)),
))

var service = fx.Module("service", fx.Provide(newService))

// newRepository opens the data file; the service closes it.
func newRepository(cfg config.Config) (ports.ChunkRepository, error) {
	return compose.Repository(context.Background(), compose.Config{
		Path: cfg.DatabasePath, Durability: cfg.Durability, SecureDelete: cfg.SecureDelete, Databases: cfg.MaxDatabases,
		FullTextHelp: compose.MakeFullText,
	})
}

func newService(lc fx.Lifecycle, cfg config.Config, repo ports.ChunkRepository, have engines, log *zap.Logger) (*app.Service, error) {
	made, err := compose.Open(context.Background(), compose.Config{
		Path: cfg.DatabasePath, Engine: have.name(cfg.Engine), Repository: repo,
		Flat: have.Flat, Graphs: have.graphs(),
		Limits: app.Limits{
			Dims: cfg.MaxDims, Results: cfg.MaxResults, Chunks: cfg.MaxChunks, Queries: cfg.MaxQueries,
			Hits: cfg.MaxHits, Ef: cfg.MaxEf, Filter: cfg.MaxFilter, Answer: int64(cfg.MaxAnswer),
		},
		Lifecycle: app.Lifecycle{IdleClose: cfg.IdleClose, MemoryBudget: int64(cfg.MemoryBudget)},
		Tail:      app.Tail{MaxBytes: int64(cfg.TailBytes)},
		Report: func(id string, err error) {
			log.Warn("index will be made from the rows", zap.String("database", id), zap.Error(err))
		},
	})
	if err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	lc.Append(fx.StopHook(func() error {
		err := made.Service.Close()
		if m, ok := repo.(ports.StatsProvider); ok {
			w := m.Stats()
			log.Info("stopped", zap.Uint64("commits", w.Commits), zap.Uint64("fsyncs", w.Syncs), zap.Uint64("writes", w.Batches))
		}
		return err
	}))
	return made.Service, nil
}
