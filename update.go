package memista

import (
	"context"
	"encoding/json"
	"time"

	"github.com/memista/memista/internal/domain"
)

// DatabaseUpdate says which settings of a database to change. What is nil stays as it is; a
// zero value is the default.
type DatabaseUpdate struct {
	Metric         *Metric
	Engine         *string
	M              *int
	EfConstruction *int
	EfSearch       *int
	Storage        *string
	TTL            *time.Duration // of chunks stored from then on that bring none; 0: forever
	FullText       *Tokenizer     // "": none
	// Metadata is merged into that of the database (RFC 7396): fields replace those of the
	// same name, null removes one; json.RawMessage("null") removes all.
	Metadata json.RawMessage
}

// Update changes settings of a database, all or none, and returns it when it has them.
// TTL, EfSearch, Metadata and the end of full text take no time. The others need another
// index, which is made beside the one that is searched meanwhile; if ctx ends before that is
// done, or something stands in the way (such as an embedding of length zero where the metric
// is to be Cosine), all settings are as they were.
func (db *DB) Update(ctx context.Context, id string, u DatabaseUpdate) (Database, error) {
	a := domain.Alteration{
		Metric: (*domain.Metric)(u.Metric), Engine: u.Engine, M: u.M, EfConstruction: u.EfConstruction, EfSearch: u.EfSearch,
		Storage: u.Storage, TTL: u.TTL, FullText: (*domain.Tokenizer)(u.FullText),
	}
	if u.Metadata != nil {
		m, err := toMetadata(u.Metadata)
		if err != nil {
			return Database{}, err
		}
		a.Metadata = &m
	}
	done, err := db.svc.Alter(ctx, id, a)
	if err != nil {
		return Database{}, err
	}
	if done.Job == nil {
		return fromDatabase(done.Database), nil
	}
	if err := db.await(ctx, done.Job.ID); err != nil {
		return Database{}, err
	}
	return db.Database(ctx, id)
}
