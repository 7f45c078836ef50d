package nodes

import "errors"

// Fault is a try of a request that failed and may do elsewhere or later. Any other error of
// a try is an answer: it is final, and speaks for the node.
type Fault struct {
	Err  error
	Sent bool // the node may have acted on it
	Down bool // the node did not answer, or said that it cannot work
}

// Error returns the message of what happened.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap returns what happened.
func (f *Fault) Unwrap() error { return f.Err }

// asFault returns the Fault that err is, nil if it is none.
func asFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return nil
}
