package sqlite

import (
	"context"

	"github.com/memista/memista/internal/adapters/sqlite/backup"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Backuper = (*Store)(nil)

// BackupTo writes a copy to a new file at path; see ports.Backuper.
func (s *Store) BackupTo(ctx context.Context, path string) (int64, error) {
	return s.backups.To(ctx, path)
}

// Backup makes a copy beside the store's file and opens it; see ports.Backuper.
func (s *Store) Backup(ctx context.Context) (ports.BackupFile, error) {
	return s.backups.Open(ctx)
}

// RestoreOptions are the choices for Restore.
type RestoreOptions = backup.RestoreOptions

// Restored says what Restore has put in place.
type Restored = backup.Restored

// Restore puts the backup in the file from in place as the store's file at to; see
// backup.Restore.
func Restore(ctx context.Context, from, to string, o RestoreOptions) (Restored, error) {
	return backup.Restore(ctx, from, to, o)
}
