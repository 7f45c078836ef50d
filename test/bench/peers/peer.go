package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/memista/memista/test/bench/process"
)

// peer is a server that is measured.
type peer interface {
	// start runs the server on an empty directory and makes a place for the rows.
	start(ctx context.Context) error
	process() *process.Process
	// insert stores rows, which are acknowledged and searchable when it returns.
	insert() *way
	// drained reports whether what was inserted is in the index for good.
	drained(ctx context.Context) (bool, error)
	// searches are the ways to search, the first the one that counts.
	searches() []*way
}

// way is one interface of a peer, for inserts or for searches.
type way struct {
	peer string
	name string
	open func() conn
	path string
	// body makes the body of an insert of the rows from to to, or (a search) of the query
	// number from.
	body func(from, to int) []byte
	// check returns the error in an answer of status 200; nil: there can be none.
	check func(answer []byte) error
	// rows returns the numbers of the rows in the answer to a search, nearest first.
	rows func(answer []byte) ([]int, error)
}

func (w *way) String() string { return w.peer + ", " + w.name }

// conn is a connection of one client.
type conn interface {
	// Do sends a request and returns the body of its answer, valid until the next.
	Do(path string, body []byte) ([]byte, error)
	Close()
}

// startLimit is how long a server may take to be ready.
const startLimit = time.Minute

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // finite numbers and strings
	}
	return raw
}
