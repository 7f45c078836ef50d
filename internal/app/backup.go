package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// BackupFile is a backup that is ready to be read.
type BackupFile = ports.BackupFile

// Backup makes a copy of all databases as they are at one moment and opens it for
// reading; it is gone when it is closed. Calls of every kind go on meanwhile. A second
// copy at the same time is ErrBusy, one that has no room ErrDiskFull.
func (s *Service) Backup(ctx context.Context) (BackupFile, error) {
	b, leave, err := s.backuper()
	if err != nil {
		return nil, err
	}
	defer leave()
	file, err := b.Backup(ctx)
	if err != nil {
		s.counts.noBackup(err)
		return nil, fmt.Errorf("backup: %w", err)
	}
	s.counts.backup(s.now(), file.Size())
	return file, nil
}

// BackupTo makes such a copy as a new file at path and returns its size. A file that is
// there already is ErrConflict.
func (s *Service) BackupTo(ctx context.Context, path string) (int64, error) {
	b, leave, err := s.backuper()
	if err != nil {
		return 0, err
	}
	defer leave()
	size, err := b.BackupTo(ctx, path)
	if err != nil {
		s.counts.noBackup(err)
		return 0, fmt.Errorf("backup: %w", err)
	}
	s.counts.backup(s.now(), size)
	return size, nil
}

func (s *Service) backuper() (b ports.Backuper, leave func(), err error) {
	leave, err = s.enter()
	if err != nil {
		return nil, nil, err
	}
	b, ok := s.repo.(ports.Backuper)
	if !ok {
		leave()
		return nil, nil, domain.Errorf(domain.ErrUnsupported, "what keeps the rows cannot be copied while it is in use")
	}
	return b, leave, nil
}
