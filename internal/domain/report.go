package domain

import (
	"errors"
	"fmt"
	"time"
)

// FindingKind says what a Finding is about.
type FindingKind string

// What can be wrong.
const (
	BadPage      FindingKind = "page"      // of the file: what stands on it cannot be read
	BadChunk     FindingKind = "chunk"     // its content is not what was stored
	BadEmbedding FindingKind = "embedding" // missing, of the wrong size, or without a chunk
	BadKey       FindingKind = "key"       // not in the table of keys, or there without a chunk
	BadExpiry    FindingKind = "expiry"    // not in the table of expiries, or there with another time
	BadCounter   FindingKind = "counter"   // of chunks, keys, ids or changes
	BadName      FindingKind = "name"      // of a collection, or an alias, that leads nowhere or is not entered
	Orphan       FindingKind = "orphan"    // of a database that is not there
	BadIndex     FindingKind = "index"     // differs from the rows, or has vectors that no search reaches
)

// Finding is something that Verify found wrong.
type Finding struct {
	Kind     FindingKind
	Database string // "": the file as a whole
	Chunk    int64  // 0: not about one chunk
	Detail   string
	Repaired string // what was done about it; "": it is as it was
}

// String says it in one line.
func (f Finding) String() string {
	s := string(f.Kind)
	if f.Database != "" {
		s += " " + f.Database
	}
	if f.Chunk != 0 {
		s += fmt.Sprintf(" chunk %d", f.Chunk)
	}
	s += ": " + f.Detail
	if f.Repaired != "" {
		s += "; " + f.Repaired
	}
	return s
}

// Report is what Verify looked at and what it found wrong.
type Report struct {
	Databases, Chunks int64
	Findings          []Finding
	Notes             []string // what is worth knowing and nothing wrong
}

// Left returns how many findings are as they were.
func (r Report) Left() int {
	n := 0
	for _, f := range r.Findings {
		if f.Repaired == "" {
			n++
		}
	}
	return n
}

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
