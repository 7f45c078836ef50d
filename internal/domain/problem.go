package domain

import (
	"errors"
	"fmt"
	"time"
)

// Problem is something that is wrong with the data or the disk for the time being. What
// can be read is served meanwhile.
type Problem struct {
	Kind     error  // ErrDiskFull, ErrMoved, ErrWriteProtected, ErrReadOnly or ErrCorrupt
	Database string // the one it is about; "" is all of them
	Since    time.Time
}

// Message says what is wrong, what still works and what to do.
func (p Problem) Message() string {
	switch {
	case errors.Is(p.Kind, ErrDiskFull):
		return "the disk is full: nothing is stored until there is room again, which is tried every second; searches go on, and deletes and drops as far as the reserve goes"
	case errors.Is(p.Kind, ErrMoved):
		return "the data file was moved, replaced or deleted: nothing is stored until it is back where it was, or memista is started again; searches go on"
	case errors.Is(p.Kind, ErrWriteProtected):
		return "the data file or its directory may not be written (a read-only mount, or its permissions), so nothing is stored until memista is started again where it may; searches and backups go on"
	case errors.Is(p.Kind, ErrReadOnly):
		return "the disk has failed: nothing is stored until it takes writes again, which is tried every second; searches go on"
	case errors.Is(p.Kind, ErrCorrupt):
		which := "A database"
		if p.Database != "" {
			which = fmt.Sprintf("Database '%s'", p.Database)
		}
		return which + " is damaged on disk: close the data file, verify it, and restore a backup or repair it; other databases are served"
	}
	return p.Kind.Error()
}
