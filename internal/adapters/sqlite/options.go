package sqlite

import (
	"database/sql/driver"
	"time"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

const (
	// idleAfter is how long no request must have come before the log is moved into the file
	// and memory is given back.
	idleAfter = 200 * time.Millisecond
	// faultPause is how long writes are refused after a disk fault before the next one may
	// try again.
	faultPause = time.Second
	// forgetAfter is how long a store is open before it removes embeddings of texts that it
	// is not to keep: commands need not know that the server does.
	forgetAfter = time.Minute
)

// Options are the choices for Open. The zero value is right for a server.
type Options struct {
	// Durability is "full" (the default: every acknowledged write has been fsynced) or
	// "normal" (a crash of the machine, not of the process, may lose the last ones).
	Durability string
	// SecureDelete overwrites what is deleted with zeros, so that it is gone from the file
	// with the next checkpoint and not only from view.
	SecureDelete bool
	// Readers is the number of read-only connections; 0 means 2. More cost memory, and
	// time after each change of the schema.
	Readers int
	// WriterCacheKiB and ReaderCacheKiB bound the page caches of the connections, which
	// grow to that only in use; 0 means 4096 and 2048.
	WriterCacheKiB, ReaderCacheKiB int
	// MaxDatabases is how many databases there may be before no more are made, and how many
	// aliases, tenants and databases of tenants; 0 is no bound.
	MaxDatabases int
	// FullTextHelp says in the error of a build without FTS5 how to get one with it; ""
	// means in terms of go build.
	FullTextHelp string
	// EmbeddingCache bounds the embeddings of texts that are kept in a file, in bytes of what
	// they take there; 0 keeps none, and removes what is there
	// once the store has been open for a minute. It cannot be had together
	// with SecureDelete: embeddings of deleted texts would stay.
	EmbeddingCache int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	pageSize   int
	migrations []string
	idle       time.Duration
	pause      time.Duration
	forget     time.Duration
	free       func(dir string) (bytes int64, known bool)
	driver     func(uri string) (driver.Conn, error)
	fullText   bool // the driver has FTS5
}

// withDefaults returns a copy of o with every zero replaced.
func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	if out.Durability == "" {
		out.Durability = "full"
	}
	if out.Durability != "full" && out.Durability != "normal" {
		return out, domain.Errorf(domain.ErrInvalid, "unknown durability %q: use full or normal", out.Durability)
	}
	if out.EmbeddingCache < 0 || out.EmbeddingCache > 0 && out.SecureDelete {
		return out, domain.Errorf(domain.ErrInvalid, "an embedding cache of %d bytes cannot be in the data file: it cannot be negative, and not be kept with secure delete, for it keeps embeddings of texts that are deleted", out.EmbeddingCache)
	}
	defaultTo(&out.Readers, 2)
	defaultTo(&out.WriterCacheKiB, 4096)
	defaultTo(&out.ReaderCacheKiB, 2048)
	defaultTo(&out.pageSize, schema.PageSize)
	defaultTo(&out.idle, idleAfter)
	defaultTo(&out.pause, faultPause)
	defaultTo(&out.forget, forgetAfter)
	if out.Now == nil {
		out.Now = time.Now
	}
	if out.free == nil {
		out.free = diskfile.FreeSpace
	}
	if out.driver == nil {
		out.driver, out.fullText = conn.OpenDriver, conn.HasFullText
	}
	if out.migrations == nil {
		out.migrations = schema.Migrations()
	}
	return out, nil
}

func defaultTo[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// synchronous returns the value of the pragma for the durability.
func (o *Options) synchronous() int64 {
	if o.Durability == "normal" {
		return 1
	}
	return 2
}
