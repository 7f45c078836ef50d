package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// BackupFile is a backup that is ready to be read.
type BackupFile = ports.BackupFile

// Backup makes a copy of all databases as they are at one moment and opens it for
// reading; it is gone when it is closed. Calls of every kind go on meanwhile. A second
// copy at the same time is ErrBusy, one that has no room ErrDiskFull.
func (s *Service) Backup(ctx context.Context) (BackupFile, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	file, err := s.repo.Backup(ctx)
	if err != nil {
		s.copies.noBackup(err)
		return nil, fmt.Errorf("backup: %w", err)
	}
	s.copies.backup(s.now(), file.Size())
	return file, nil
}

// BackupTo makes such a copy as a new file at path and returns its size. A file that is
// there already is ErrConflict.
func (s *Service) BackupTo(ctx context.Context, path string) (int64, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	size, err := s.repo.BackupTo(ctx, path)
	if err != nil {
		s.copies.noBackup(err)
		return 0, fmt.Errorf("backup: %w", err)
	}
	s.copies.backup(s.now(), size)
	return size, nil
}

// backupCounts count the copies that were made.
type backupCounts struct {
	backups, backupFaults atomic.Uint64
	backupAt, backupBytes atomic.Int64 // of the last one: milliseconds since 1970, and size
}

// backup counts a backup of size bytes that was done now.
func (n *backupCounts) backup(now time.Time, size int64) {
	n.backups.Add(1)
	n.backupBytes.Store(size)
	n.backupAt.Store(now.UnixMilli())
}

// noBackup counts a backup that failed, unless it was refused before it was begun or its
// caller has gone.
func (n *backupCounts) noBackup(err error) {
	for _, none := range []error{domain.ErrBusy, domain.ErrConflict, context.Canceled} {
		if errors.Is(err, none) {
			return
		}
	}
	n.backupFaults.Add(1)
}

func (n *backupCounts) addTo(st *Stats) {
	st.Backups, st.BackupFaults, st.LastBackupBytes = n.backups.Load(), n.backupFaults.Load(), n.backupBytes.Load()
	if at := n.backupAt.Load(); at != 0 {
		st.LastBackup = time.UnixMilli(at).UTC()
	}
}
