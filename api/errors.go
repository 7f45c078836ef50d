package api

import (
	"errors"

	"github.com/memista/memista/internal/domain"
)

// The kinds of errors, for errors.Is. The text of an error says what to do.
var (
	ErrInvalid     = domain.ErrInvalid     // a bad argument: id, key, k, metadata, …
	ErrNotFound    = domain.ErrNotFound    // no such database, chunk or job
	ErrConflict    = domain.ErrConflict    // exists with other settings, or a key that exists
	ErrTooLarge    = domain.ErrTooLarge    // over a limit
	ErrLimit       = domain.ErrLimit       // there are as many databases as may be
	ErrDimension   = domain.ErrDimension   // an embedding of the wrong dimension
	ErrNotFinite   = domain.ErrNotFinite   // NaN or infinity in an embedding
	ErrZeroVector  = domain.ErrZeroVector  // no direction, under Cosine
	ErrUnsupported = domain.ErrUnsupported // this build lacks it
	ErrReranker    = domain.ErrReranker    // the reranker failed
	ErrEmbedder    = domain.ErrEmbedder    // the embedder of the database failed; nothing was stored
	ErrBusy        = domain.ErrBusy        // too much at once: try again in a moment
	ErrStartOver   = domain.ErrStartOver   // these changes are not kept any more: begin with all chunks
	ErrUnavailable = domain.ErrUnavailable // not ready yet: try again in a moment
	ErrDiskFull    = domain.ErrDiskFull    // nothing was stored; reads go on
	ErrReadOnly    = domain.ErrReadOnly    // after a fault of the disk
	ErrClosed      = domain.ErrClosed      // Close was called, or the server shuts down
	ErrLocked      = domain.ErrLocked      // another process has the file open
	ErrForeignFile = domain.ErrForeignFile // not a memista file
	ErrNewerSchema = domain.ErrNewerSchema // written by a newer memista
	ErrCorrupt     = domain.ErrCorrupt     // what is on disk is damaged

	ErrUnauthorized = errors.New("unauthorized") // a server wants an API key, or another one
	ErrForbidden    = errors.New("forbidden")    // the API key has not the scope
)
