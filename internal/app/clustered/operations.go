package clustered

import (
	"context"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

// Problems returns what is wrong with the cluster, as far as is known.
func (s *Service) Problems() []domain.Problem {
	leave, err := s.enter()
	if err != nil {
		return nil
	}
	defer leave()
	return s.cluster.Health()
}

// Conditions returns ErrClosed once Close has begun, and ErrUnavailable while the cluster cannot be
// used at all; nothing is known that makes one slow for a time.
func (s *Service) Conditions() ([]app.Condition, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return nil, s.cluster.Usable()
}

// Stats describes the service. Chunks are not counted: each database would have to be asked.
func (s *Service) Stats(ctx context.Context) (app.Stats, error) {
	leave, err := s.enter()
	if err != nil {
		return app.Stats{}, err
	}
	defer leave()
	now, err := s.catalog.Known(ctx)
	if err != nil {
		return app.Stats{}, err
	}
	st := app.Stats{Databases: int64(len(now.All())), Rerank: s.rank.Ranker.Stats()}
	st.JobsRunning, st.JobsEnded = s.jobs.Counts()
	if counting, ok := s.embed.Source.(interface{ Stats() embedding.Totals }); ok {
		st.Embedding = counting.Stats()
	}
	return st, nil
}

// Embed returns an embedding of each text.
func (s *Service) Embed(ctx context.Context, in app.Embed) (app.Embedded, error) {
	leave, err := s.enter()
	if err != nil {
		return app.Embedded{}, err
	}
	defer leave()
	return s.embed.Texts(ctx, in, s.limits)
}

// Providers returns the names of the providers of embeddings that are configured, sorted.
func (s *Service) Providers() []string { return s.embed.Providers() }

// Recall is refused: see capability.Recall.
func (*Service) Recall(context.Context, recall.Ask) (recall.Report, error) {
	return recall.Report{}, capability.Refuse(capability.Recall, "a cluster does not measure its recall: compare its hits with those of exact searches")
}

// Backup is refused: see capability.Snapshots.
func (*Service) Backup(context.Context) (app.BackupFile, error) { return nil, refuseSnapshot() }

// BackupTo is refused as Backup is.
func (*Service) BackupTo(context.Context, string) (int64, error) { return 0, refuseSnapshot() }

func refuseSnapshot() error {
	return capability.Refuse(capability.Snapshots, "a cluster has no copy of one moment: use the backups of Weaviate, or copy the databases with memista export")
}

// Verify is refused: the cluster checks what it stores.
func (*Service) Verify(context.Context, bool) (domain.Report, error) {
	return domain.Report{}, capability.Refuse(capability.Verify, "a cluster checks its files itself")
}

func refuseIndex() error {
	return capability.Refuse(capability.IndexJobs, "a cluster makes its indexes itself")
}

// StartRebuild is refused: see capability.IndexJobs.
func (*Service) StartRebuild(context.Context, string) (app.Job, error) {
	return app.Job{}, refuseIndex()
}

// StartReembed is refused: embeddings could not be replaced all at once.
func (*Service) StartReembed(context.Context, app.Reembed) (app.Job, error) {
	return app.Job{}, capability.Refuse(capability.Reembed, "a cluster cannot replace all embeddings of a database in one step: make another database and move an alias to it")
}

// ResumeReembeds has nothing to do.
func (*Service) ResumeReembeds(context.Context) error { return nil }

// WaitIndexed returns when the database is known: what was acknowledged is in the index of the
// nodes that have it.
func (s *Service) WaitIndexed(ctx context.Context, id string, report func(done, total int64)) error {
	_, err := on(ctx, s, id, 0, func(e *catalog.Entry) (int64, error) {
		n, err := s.countAll(ctx, e)
		if err == nil && report != nil {
			report(n, n)
		}
		return n, err
	})
	return err
}

// FinishIndex is WaitIndexed.
func (s *Service) FinishIndex(ctx context.Context, id string, report func(done, total int64)) error {
	return s.WaitIndexed(ctx, id, report)
}

// Jobs describes the jobs of this process under way and the last ones that have ended.
func (s *Service) Jobs() []app.Job { return s.jobs.All() }

// Job describes one job, or returns ErrNotFound.
func (s *Service) Job(id int64) (app.Job, error) { return s.jobs.Get(id) }

// WaitJob returns when a job has ended, or ctx has.
func (s *Service) WaitJob(ctx context.Context, id int64) (app.Job, error) {
	return s.jobs.Wait(ctx, id)
}

// CancelJob stops a job and waits until nothing of it is left.
func (s *Service) CancelJob(ctx context.Context, id int64) (app.Job, error) {
	return s.jobs.Cancel(ctx, id)
}

// How long an import may be silent, and how many may be under way, as in app.Service.
const (
	importSilence = 15 * time.Second
	maxImports    = 100
)

// StartImport lists an import into database id among the jobs; see app.Service.
func (s *Service) StartImport(id string, p app.ImportProgress) (app.Job, error) {
	leave, err := s.enter()
	if err != nil {
		return app.Job{}, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return app.Job{}, err
	}
	im, made, err := s.jobs.AddImport(id, s.now(), p, maxImports)
	if err != nil {
		return app.Job{}, err
	}
	s.work.Go(func() { s.jobs.EndIfSilent(s.ctx, im, importSilence, s.now) })
	return made, nil
}

// ReportImport notes how far an import is; see app.Service.
func (s *Service) ReportImport(id int64, p app.ImportProgress) (app.Job, error) {
	return s.jobs.Report(id, p, s.now())
}

// sweepEvery is how often what has expired is looked for.
const sweepEvery = time.Minute

// sweep deletes what has expired, until Close.
func (s *Service) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.catalog.Known(s.ctx)
		if err != nil {
			continue // the cluster says itself what is wrong
		}
		for _, e := range now.All() {
			if err := s.cluster.DeleteExpired(s.ctx, e.Room, s.now().UnixMicro()); err != nil && s.ctx.Err() == nil {
				s.report("expired chunks stay in "+e.ID, err)
			}
		}
	}
}
