package conn

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/memista/memista/internal/domain"
)

// The primary result codes of SQLite that are handled here; both drivers use them.
const (
	CodeBusy      = 5
	CodeLocked    = 6
	CodeNoMem     = 7
	CodeReadOnly  = 8
	CodeInterrupt = 9
	CodeIOErr     = 10
	CodeCorrupt   = 11
	CodeFull      = 13
	CodeCantOpen  = 14
	CodeTooBig    = 18
	CodeNotADB    = 26
)

// PrimaryCode returns the primary result code in err, or 0 if err is not SQLite's.
func PrimaryCode(err error) int {
	code, ok := resultCode(err)
	if !ok {
		return 0
	}
	return code & 0xff
}

// kindOf returns the kind of error that err is, or nil if it is none of them.
func kindOf(err error) error {
	switch PrimaryCode(err) {
	case CodeFull:
		return domain.ErrDiskFull
	case CodeIOErr, CodeReadOnly, CodeCantOpen:
		return domain.ErrReadOnly
	case CodeCorrupt, CodeNotADB:
		return domain.ErrCorrupt
	case CodeTooBig:
		return domain.ErrTooLarge
	case CodeBusy, CodeLocked:
		return domain.ErrBusy
	}
	return nil
}

// kindError is an error of SQLite with its kind.
type kindError struct {
	kind  error
	cause error
}

func (e *kindError) Error() string   { return fmt.Sprintf("%v: %v", e.kind, e.cause) }
func (e *kindError) Unwrap() []error { return []error{e.kind, e.cause} }

// Classify adds the kind to an error of SQLite. It leaves other errors, and those that
// have a kind already, as they are.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*kindError](err); done {
		return err
	}
	kind := kindOf(err)
	if kind == nil {
		return err
	}
	return &kindError{kind: kind, cause: err}
}

// EndsTransaction reports whether the transaction cannot continue after err: SQLite may
// have rolled it back by itself.
func EndsTransaction(err error) bool {
	switch PrimaryCode(err) {
	case CodeFull, CodeIOErr, CodeNoMem, CodeBusy, CodeInterrupt, CodeReadOnly, CodeCantOpen:
		return true
	}
	return false
}

// IsDiskFault reports whether err means that the file can no longer be trusted to take
// writes through the connection it happened on.
func IsDiskFault(err error) bool {
	switch PrimaryCode(err) {
	case CodeIOErr, CodeReadOnly, CodeCantOpen:
		return true
	}
	return false
}

// SystemError adds the kind to an error of the operating system.
func SystemError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", domain.ErrDiskFull, err)
	}
	return err
}

// ErrEnough ends a query that needs no further rows.
var ErrEnough = errors.New("enough")
