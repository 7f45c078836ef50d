//go:build !windows

package diskfile

import (
	"errors"
	"os"
)

// SyncDir makes what was renamed, linked or removed in dir durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
