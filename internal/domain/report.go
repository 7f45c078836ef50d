package domain

import "fmt"

// FindingKind says what a Finding is about.
type FindingKind string

// What can be wrong.
const (
	BadPage      FindingKind = "page"      // of the file: what stands on it cannot be read
	BadChunk     FindingKind = "chunk"     // its content is not what was stored
	BadEmbedding FindingKind = "embedding" // missing, of the wrong size, or without a chunk
	BadKey       FindingKind = "key"       // not in the table of keys, or there without a chunk
	BadExpiry    FindingKind = "expiry"    // not in the table of expiries, or there with another time
	BadCounter   FindingKind = "counter"   // of chunks, ids or changes
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
