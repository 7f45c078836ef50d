package repotest

import (
	"context"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// KeepChanges implements ports.ChangeLog. Memory remembers no changes: an index file of
// before is stale.
func (m *Memory) KeepChanges(ctx context.Context, db domain.Database, _ int64) (domain.Database, error) {
	return m.Find(ctx, db.ID)
}

// ForgetChanges implements ports.ChangeLog.
func (m *Memory) ForgetChanges(context.Context, domain.Database) error { return nil }

// ChangesSince implements ports.ChangeLog.
func (m *Memory) ChangesSince(context.Context, domain.Database, ports.Snapshot) (ports.Changes, error) {
	return ports.Changes{}, domain.ErrStaleSnapshot
}

var errNoFile = domain.Errorf(domain.ErrUnsupported, "a repository in memory has no file to copy")

// BackupTo implements ports.Backuper: it is ErrUnsupported.
func (m *Memory) BackupTo(context.Context, string) (int64, error) { return 0, errNoFile }

// Backup implements ports.Backuper: it is ErrUnsupported.
func (m *Memory) Backup(context.Context) (ports.BackupFile, error) { return nil, errNoFile }

// Verify implements ports.Verifier: memory has no damage to find.
func (m *Memory) Verify(context.Context, bool, func(domain.Commit)) (domain.Report, error) {
	return domain.Report{}, nil
}

// Problems implements ports.HealthReporter: there are none.
func (m *Memory) Problems() []domain.Problem { return nil }

// WriteProtected implements ports.ChunkRepository.
func (m *Memory) WriteProtected() bool { return false }

// Stats implements ports.StatsProvider.
func (m *Memory) Stats() ports.RepositoryStats { return ports.RepositoryStats{Driver: "memory"} }

// Totals implements ports.StatsProvider.
func (m *Memory) Totals(ctx context.Context) (databases, chunks int64, err error) {
	list, err := m.List(ctx)
	for _, d := range list {
		chunks += d.Chunks
	}
	return int64(len(list)), chunks, err
}
