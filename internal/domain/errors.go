package domain

import (
	"errors"
	"fmt"
)

// The kinds of errors. Every error that crosses a port wraps one of them or is a fault
// of ours; compare with errors.Is.
var (
	ErrInvalid        = errors.New("invalid request")
	ErrNotFound       = errors.New("not found")
	ErrConflict       = errors.New("conflict")
	ErrLimit          = errors.New("limit reached")
	ErrTooLarge       = errors.New("too large")
	ErrDimension      = errors.New("dimension mismatch")
	ErrNotFinite      = errors.New("not a finite number")
	ErrZeroVector     = errors.New("zero vector")
	ErrBusy           = errors.New("too busy")
	ErrUnavailable    = errors.New("unavailable")
	ErrUnsupported    = errors.New("not supported by this build")
	ErrDiskFull       = errors.New("disk full")
	ErrReadOnly       = errors.New("read-only")
	ErrClosed         = errors.New("closed")
	ErrCorrupt        = errors.New("corrupt")
	ErrLocked         = errors.New("data directory in use by another process")
	ErrForeignFile    = errors.New("not a memista file")
	ErrNewerSchema    = errors.New("written by a newer memista")
	ErrStaleSnapshot  = errors.New("index file does not belong to these rows")
	ErrOriginalFormat = errors.New("written by the original memista")
	ErrStartOver      = errors.New("start over")
)

// ErrWriteProtected is the ErrReadOnly for a data file that may not be written since it was
// opened, such as one on a read-only mount.
var ErrWriteProtected = fmt.Errorf("write-protected: %w", ErrReadOnly)

// ErrNoReranker is the ErrUnsupported for a search that is to be ranked again where nothing
// can.
var ErrNoReranker = fmt.Errorf("no reranker: %w", ErrUnsupported)

// ErrNoRerankModel is the ErrInvalid for a reranker whose API needs the name of a model.
var ErrNoRerankModel = fmt.Errorf("no model to rerank with: %w", ErrInvalid)

// ErrNoProvider is the ErrInvalid for an embedder of a provider that is not configured.
var ErrNoProvider = fmt.Errorf("no such provider of embeddings: %w", ErrInvalid)

// ErrMoved is the ErrReadOnly for a data file that is not where it was opened.
var ErrMoved = fmt.Errorf("data file moved: %w", ErrReadOnly)

// Error is an error of a known kind whose message can be shown to the caller as it is.
type Error struct {
	Kind    error  // one of the Err… kinds
	Field   string // the setting of a call that it is about, such as "k"; "": none by itself
	Message string // says what is wrong and what to do; behind Field, if that is set
	Place   string // where in a call it was met, such as "chunks[3]"; "": it has no parts
}

// Error returns the message with field and place.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + " " + text
	}
	if e.Place != "" {
		text += " (" + e.Place + ")"
	}
	return text
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Errorf returns an *Error of the given kind with a formatted message.
func Errorf(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an *Error about a field of a call. Its message continues the name of
// the field, which surfaces that have another name for it replace.
func FieldErrorf(kind error, field, format string, args ...any) error {
	return &Error{Kind: kind, Field: field, Message: fmt.Sprintf(format, args...)}
}

// DatabaseNotFound is the ErrNotFound for a database id.
func DatabaseNotFound(id string) error {
	return Errorf(ErrNotFound, "Database '%s' not found", id)
}

// OtherSettings is the ErrConflict for a database that exists with other settings.
func OtherSettings(id, differences string) error {
	return Errorf(ErrConflict, "Database '%s' exists with other settings: %s; change them, drop it first, or use it as it is", id, differences)
}

// NoFullText is the ErrInvalid for a search by words in a database without full text.
func NoFullText(id string) error {
	return Errorf(ErrInvalid, "Database '%s' has no full text: only one that was created with full_text can be searched by text", id)
}

// TextsNotReady is the ErrUnavailable for texts that are still being indexed.
func TextsNotReady(id string) error {
	return Errorf(ErrUnavailable, "the texts of '%s' are being indexed: try again in a moment", id)
}

// ChunkNotFound is the ErrNotFound for a chunk id.
func ChunkNotFound(id int64) error {
	return Errorf(ErrNotFound, "Chunk %d not found", id)
}

// KeyNotFound is the ErrNotFound for a caller's key.
func KeyNotFound(key string) error {
	return Errorf(ErrNotFound, "Chunk with key %q not found", key)
}

// DimensionMismatch is the ErrDimension for a vector of got components where want are needed.
func DimensionMismatch(want, got int) error {
	return Errorf(ErrDimension, "Embedding dimension mismatch: expected %d, got %d", want, got)
}

// At returns err with a place such as "chunks[3]" added to its message; its kind stays.
func At(err error, place string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e.Place != "" {
			return &Error{Kind: e.Kind, Message: e.Error(), Place: place}
		}
		return &Error{Kind: e.Kind, Field: e.Field, Message: e.Message, Place: place}
	}
	return fmt.Errorf("%s: %w", place, err)
}
