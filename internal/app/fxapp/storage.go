package fxapp

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/weaviate/metrics"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/compose/cluster"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/ports"
)

// storage provides what the service stands on, each under its port.
var storage = fx.Module("storage", fx.Provide(
	newRepository,
	newGraphs,
	fx.Annotate(compose.Flat, fx.ResultTags(`name:"flat"`)),
))

var service = fx.Module("service", fx.Provide(newService))

// clustered provides the service over a cluster, which has neither a data file nor engines.
var clustered = fx.Module("clustered", fx.Provide(newClustered))

// backend is what serves the use cases: a cluster where one is configured.
func backend(cfg config.Config) fx.Option {
	if len(cfg.Cluster.Addresses) > 0 {
		return clustered
	}
	return fx.Options(storage, service)
}

// figures are the metrics of what is behind the use cases, besides those that it tells itself.
type figures struct{ cluster *metrics.Metrics } // nil where there is none

func newFigures(cfg config.Config) figures { return figures{cluster.NewMetrics(cfg.Cluster)} }

func newClustered(lc fx.Lifecycle, cfg config.Config, tracing *tracing, figures figures, log *zap.Logger) (usecase.Backend, error) {
	c, data := cfg.Cluster, cfg.Data
	c.Metrics = figures.cluster
	if tracing.provider != nil {
		c.Tracer = tracing.provider.Tracer("memista")
	}
	data.Report = func(what string, err error) { log.Warn(what, zap.Error(err)) }
	b, err := cluster.Open(context.Background(), c, data)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	lc.Append(fx.StopHook(func() error {
		err := b.Close()
		log.Info("stopped")
		return err
	}))
	return b, nil
}

// newRepository opens the data file; the service closes it.
func newRepository(cfg config.Config) (ports.ChunkRepository, error) {
	return compose.Repository(context.Background(), cfg.Data)
}

func newService(lc fx.Lifecycle, cfg config.Config, repo ports.ChunkRepository, have engines, log *zap.Logger) (usecase.Backend, error) {
	data := cfg.Data
	data.Repository, data.Flat, data.Graphs, data.Engine = repo, have.Flat, have.graphs(), have.name(data.Engine)
	data.Report = func(id string, err error) {
		log.Warn("index will be made from the rows", zap.String("database", id), zap.Error(err))
	}
	made, err := compose.Open(context.Background(), data)
	if err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	lc.Append(fx.StartStopHook(func(ctx context.Context) {
		if err := made.Service.ResumeReembeds(ctx); err != nil {
			log.Warn("databases are not re-embedded any further", zap.Error(err))
		}
	}, func() error {
		err := made.Service.Close()
		w := repo.Stats()
		log.Info("stopped", zap.Uint64("commits", w.Commits), zap.Uint64("fsyncs", w.Syncs), zap.Uint64("writes", w.Batches))
		return err
	}))
	return made.Service, nil
}
