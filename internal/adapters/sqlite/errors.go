package sqlite

import (
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// SQLite's primary result codes that mean something to us; both drivers use them.
const (
	codeBusy      = 5
	codeLocked    = 6
	codeNoMem     = 7
	codeReadOnly  = 8
	codeInterrupt = 9
	codeIOErr     = 10
	codeCorrupt   = 11
	codeFull      = 13
	codeCantOpen  = 14
	codeTooBig    = 18
	codeNotADB    = 26
)

// primaryCode returns the primary result code in err, or 0 if err is not SQLite's.
func primaryCode(err error) int {
	code, ok := resultCode(err)
	if !ok {
		return 0
	}
	return code & 0xff
}

// kindOf returns the kind of error that err is, or nil if it is none of them.
func kindOf(err error) error {
	switch primaryCode(err) {
	case codeFull:
		return domain.ErrDiskFull
	case codeIOErr, codeReadOnly, codeCantOpen:
		return domain.ErrReadOnly
	case codeCorrupt, codeNotADB:
		return domain.ErrCorrupt
	case codeTooBig:
		return domain.ErrTooLarge
	case codeBusy, codeLocked:
		return domain.ErrBusy
	}
	return nil
}

// storeError is an error of SQLite as a kind of ours.
type storeError struct {
	kind  error
	cause error
}

func (e *storeError) Error() string   { return fmt.Sprintf("%v: %v", e.kind, e.cause) }
func (e *storeError) Unwrap() []error { return []error{e.kind, e.cause} }

// classify turns an error of SQLite into one of a kind of ours. It leaves others, and
// what has a kind already, as they are.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*storeError](err); done {
		return err
	}
	kind := kindOf(err)
	if kind == nil {
		return err
	}
	return &storeError{kind: kind, cause: err}
}

// endsTransaction reports whether err leaves nothing of the transaction to go on with:
// SQLite may have rolled it back by itself.
func endsTransaction(err error) bool {
	switch primaryCode(err) {
	case codeFull, codeIOErr, codeNoMem, codeBusy, codeInterrupt, codeReadOnly, codeCantOpen:
		return true
	}
	return false
}

// isDiskFault reports whether err means that the file can no longer be trusted to take
// writes through the connection it happened on.
func isDiskFault(err error) bool {
	switch primaryCode(err) {
	case codeIOErr, codeReadOnly, codeCantOpen:
		return true
	}
	return false
}
