package memista

import "context"

// Finding is something that Verify found wrong.
type Finding struct {
	Kind     string // "page", "chunk", "embedding", "key", "counter", "orphan", "index"
	Database string // "": the file as a whole
	Chunk    int64  // 0: not about one chunk
	Detail   string // for people
	Repaired string // what was done about it; "": it is as it was
}

// Report is what Verify looked at and what it found wrong.
type Report struct {
	Databases, Chunks int64
	Findings          []Finding
	Notes             []string // what is worth knowing and nothing wrong
}

// VerifyOptions configure Verify. The zero value, and nil, mean the defaults.
type VerifyOptions struct {
	// Repair repairs keys and counters and makes index files anew. A chunk that is damaged
	// is taken out of its database and kept in the table quarantine of the file.
	Repair bool
}

// Verify checks everything in the file: its pages, every chunk against its checksum,
// embeddings, keys and counters, and each index file against the rows. Calls of every
// kind go on meanwhile. opts may be nil.
func (db *DB) Verify(ctx context.Context, opts *VerifyOptions) (Report, error) {
	if opts == nil {
		opts = &VerifyOptions{}
	}
	r, err := db.svc.Verify(ctx, opts.Repair)
	if err != nil {
		return Report{}, err
	}
	out := Report{Databases: r.Databases, Chunks: r.Chunks, Notes: r.Notes}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, Finding{string(f.Kind), f.Database, f.Chunk, f.Detail, f.Repaired})
	}
	return out, nil
}
