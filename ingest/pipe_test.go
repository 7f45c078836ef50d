//go:build unix

package ingest_test

import (
	"os"
	"syscall"
	"testing"
)

func TestPipesAreNotWaitedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		checkChange(t, d, func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return syscall.Mkfifo(path, 0o600)
		}, "other than a file")
	})
}
