package memista

import (
	"context"

	"github.com/memista/memista/ingest"
)

// AddOptions configure Add. The zero value, and nil, mean the defaults.
type AddOptions = ingest.Options

// AddResult is what Add has done.
type AddResult = ingest.Result

// ErrNoEmbedder is the kind of errors of Add for a database that cannot make embeddings of
// texts.
var ErrNoEmbedder = ingest.ErrNoEmbedder

// ErrOtherEmbedder is the kind of errors of Add for a database that has another embedder than
// AddOptions name: Reembed gives it another.
var ErrOtherEmbedder = ingest.ErrOtherEmbedder

// Add brings the database id in step with the files and folders at paths: it cuts them into
// passages, embeds those that are new or have changed, and removes those that are gone. A
// database that is not there is made. Package ingest says more, and does it on a server,
// too: ingest.Add(ctx, client, …). o may be nil.
func (db *DB) Add(ctx context.Context, id string, paths []string, o *AddOptions) (AddResult, error) {
	return ingest.Add(ctx, db, id, paths, o)
}
