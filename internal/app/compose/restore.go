package compose

import (
	"context"

	"github.com/memista/memista/internal/adapters/sqlite"
)

// Restored says what Restore has put in place.
type Restored = sqlite.Restored

// Restore checks the backup in the file from and puts it in place as the data file at to,
// with a new life for each database. A file that is there is an error, or with force
// replaced if it is memista's. Neither file may be in use.
func Restore(ctx context.Context, from, to string, force bool) (Restored, error) {
	return sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{Force: force})
}
