// Package httpload loads and searches servers over HTTP and measures what that takes: rates,
// recall, and processor time of the server.
package httpload

import (
	"encoding/json"
	"time"
)

// Server is a process that serves.
type Server interface {
	// CPU returns the processor time that it has used.
	CPU() (time.Duration, error)
}

// Way is one interface of a server, for inserts or for searches.
type Way struct {
	Peer string
	Name string
	Open func() Conn
	Path string
	// Body makes the body of an insert of the rows from to to, or (a search) of the query
	// number from.
	Body func(from, to int) []byte
	// Check returns the error in an answer of status 200; nil: there can be none.
	Check func(answer []byte) error
	// Rows returns the numbers of the rows in the answer to a search, nearest first.
	Rows func(answer []byte) ([]int, error)
}

func (w *Way) String() string { return w.Peer + ", " + w.Name }

// Conn is a connection of one client.
type Conn interface {
	// Do sends a request and returns the body of its answer, valid until the next.
	Do(path string, body []byte) ([]byte, error)
	Close()
}

// Encode returns v as JSON. It panics where that has no JSON.
func Encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // finite numbers and strings
	}
	return raw
}
