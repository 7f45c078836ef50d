package schema

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

// DatabaseColumns are the columns that ScanDatabase reads.
const DatabaseColumns = "number, id, dims, settings, incarnation, sequence, hash, chunks, created_at, next_id, slot, reembedding, held_until, moved_to, fed_until"

// settingsJSON is how the settings of a database are stored, without what is the default. Dims has a column of its own because it may be decided later.
type settingsJSON struct {
	Metric         domain.Metric       `json:"metric"`
	Engine         string              `json:"engine,omitempty"`
	M              int                 `json:"m,omitempty"`
	EfConstruction int                 `json:"ef_construction,omitempty"`
	EfSearch       int                 `json:"ef_search,omitempty"`
	Storage        string              `json:"storage,omitempty"`
	TTL            time.Duration       `json:"ttl_ns,omitempty"`
	FullText       tokenizerJSON       `json:"full_text,omitempty"`
	MetadataForm   domain.MetadataForm `json:"metadata_form,omitempty"`
	Metadata       string              `json:"metadata,omitempty"`
	Embedder       *embedderJSON       `json:"embedder,omitempty"`
	Optional       bool                `json:"optional_embeddings,omitempty"`
	TargetRecall   float64             `json:"target_recall,omitempty"`
	Tuned          *tuningJSON         `json:"tuned,omitempty"`
	Sparse         sparseJSON          `json:"sparse,omitempty"`
	Vectors        []vectorJSON        `json:"vectors,omitempty"`
}

// vectorJSON is a named vector as it is stored.
type vectorJSON struct {
	Name   string        `json:"name"`
	Dims   int           `json:"dims"`
	Metric domain.Metric `json:"metric"`
}

func vectorsOf(n domain.NamedVectors) (list []vectorJSON) {
	for v := range n.All() {
		list = append(list, vectorJSON(v))
	}
	return list
}

func namedOf(list []vectorJSON) (domain.NamedVectors, error) {
	all := make([]domain.NamedVector, len(list))
	for i, v := range list {
		all[i] = domain.NamedVector(v)
	}
	return domain.NewNamedVectors(all...)
}

// sparseJSON is the names of sparse vectors with their modifiers as they are stored.
type sparseJSON map[string]domain.SparseModifier

func sparseOf(n domain.SparseNames) sparseJSON { return maps.Collect(n.All()) }

// tuningJSON is how a target recall is reached.
type tuningJSON struct {
	Target float64         `json:"target"`
	Ef     int             `json:"ef"`
	Narrow bool            `json:"narrow,omitempty"`
	Note   json.RawMessage `json:"note,omitempty"`
}

func tunedOf(t domain.Tuning) *tuningJSON {
	if t == (domain.Tuning{}) {
		return nil
	}
	return &tuningJSON{t.Target, t.Ef, t.Narrow, json.RawMessage(t.Note)}
}

func (j *tuningJSON) tuning() domain.Tuning {
	if j == nil {
		return domain.Tuning{}
	}
	return domain.Tuning{Target: j.Target, Ef: j.Ef, Narrow: j.Narrow, Note: string(j.Note)}
}

// embedderJSON is the embedder of a database as it is stored.
type embedderJSON struct {
	Provider    string `json:"provider"`
	Model       string `json:"model"`
	Fingerprint string `json:"fingerprint"`
}

// tokenizerJSON is a tokenizer as it is stored. Older files have true for words.
type tokenizerJSON domain.Tokenizer

// UnmarshalJSON reads a tokenizer.
func (t *tokenizerJSON) UnmarshalJSON(raw []byte) error {
	if string(raw) == "true" {
		*t = tokenizerJSON(domain.Words)
		return nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil {
		return err
	}
	known, err := domain.ParseTokenizer(name)
	*t = tokenizerJSON(known)
	return err
}

// EncodeSettings returns the settings as they are stored.
func EncodeSettings(s domain.Settings) (string, error) {
	var embedder *embedderJSON
	if e := s.Embedder; e != (domain.Embedder{}) {
		embedder = &embedderJSON{e.Provider, e.Model, e.Fingerprint}
	}
	raw, err := json.Marshal(settingsJSON{
		Metric: s.Metric, Engine: s.Engine, M: s.M, EfConstruction: s.EfConstruction, EfSearch: s.EfSearch,
		Storage: s.Storage, TTL: s.TTL, FullText: tokenizerJSON(s.FullText), MetadataForm: s.Metadata.Form, Metadata: s.Metadata.Text, Embedder: embedder,
		Optional: s.OptionalEmbeddings, TargetRecall: s.TargetRecall, Tuned: tunedOf(s.Tuned),
		Sparse:  sparseOf(s.Sparse),
		Vectors: vectorsOf(s.Vectors),
	})
	return string(raw), err
}

func decodeSettings(raw string, dims int64) (domain.Settings, error) {
	var j settingsJSON
	if err := json.Unmarshal([]byte(raw), &j); err != nil {
		return domain.Settings{}, err
	}
	var embedder domain.Embedder
	if e := j.Embedder; e != nil {
		embedder = domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: e.Provider, Model: e.Model}, Fingerprint: e.Fingerprint}
	}
	sparse, err := domain.NewSparseNames(j.Sparse)
	if err != nil {
		return domain.Settings{}, err
	}
	vectors, err := namedOf(j.Vectors)
	if err != nil {
		return domain.Settings{}, err
	}
	return domain.Settings{
		Sparse: sparse, Vectors: vectors,
		Dims: int(dims), Metric: j.Metric, Engine: j.Engine, M: j.M, EfConstruction: j.EfConstruction, EfSearch: j.EfSearch,
		Storage: j.Storage, TTL: j.TTL, FullText: domain.Tokenizer(j.FullText), Metadata: domain.Metadata{Form: j.MetadataForm, Text: j.Metadata},
		Embedder: embedder, OptionalEmbeddings: j.Optional, TargetRecall: j.TargetRecall, Tuned: j.Tuned.tuning(),
	}, nil
}

// Row is what the row of a database has besides its description.
type Row struct {
	NextID      int64 // of the next new chunk
	Slot        Slot  // of the embeddings that are in use
	Reembedding bool  // others are being made in the other slot
	Held        feed.Held
	FedUntil    int64 // until when its changes are kept for feeds, in microseconds since 1970; 0: they are not
}

// ScanDatabase reads a row of DatabaseColumns.
func ScanDatabase(row []driver.Value) (db domain.Database, more Row, err error) {
	number, ok0 := row[0].(int64)
	id, ok1 := row[1].(string)
	dims, ok2 := row[2].(int64)
	settings, ok3 := row[3].(string)
	incarnation, ok4 := row[4].([]byte)
	sequence, ok5 := row[5].(int64)
	hash, ok6 := row[6].([]byte)
	chunks, ok7 := row[7].(int64)
	created, ok8 := row[8].(int64)
	next, ok9 := row[9].(int64)
	slot, ok10 := row[10].(int64)
	reembedding, ok11 := row[11].(int64)
	held, ok12 := row[12].(int64)
	moved, ok13 := row[13].(string)
	fed, ok14 := row[14].(int64)
	if !ok0 || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || !ok7 || !ok8 || !ok9 || !ok10 || !ok11 || !ok12 || !ok13 || !ok14 ||
		len(incarnation) != len(db.Incarnation) || len(hash) != len(db.Hash) {
		return db, more, fmt.Errorf("row of database %v: %w", row[1], domain.ErrCorrupt)
	}
	db = domain.Database{Number: number, ID: id, Sequence: sequence, Chunks: chunks, CreatedAt: time.UnixMicro(created).UTC()}
	copy(db.Incarnation[:], incarnation)
	copy(db.Hash[:], hash)
	db.Settings, err = decodeSettings(settings, dims)
	if err != nil {
		return db, more, fmt.Errorf("settings of database %q: %w: %w", id, domain.ErrCorrupt, err)
	}
	more = Row{NextID: next, Slot: Slot(slot), Reembedding: reembedding != 0, Held: feed.Held{Moved: moved}, FedUntil: fed}
	if held != 0 {
		more.Held.Until = time.UnixMicro(held).UTC()
	}
	return db, more, nil
}

// FindDatabase reads the database whose id is an argument but for case.
const FindDatabase = "SELECT " + DatabaseColumns + " FROM databases WHERE id = ?"

// LookUp returns the database whose id is id but for case.
func LookUp(c *conn.Conn, id string) (db domain.Database, more Row, found bool, err error) {
	return LookUpBy(c, FindDatabase, id)
}

// LookUpBy is LookUp by a statement.
func LookUpBy(c *conn.Conn, sql string, args ...any) (db domain.Database, more Row, found bool, err error) {
	err = c.Query(sql, func(row []driver.Value) error {
		found = true
		db, more, err = ScanDatabase(row)
		return err
	}, args...)
	return db, more, found, err
}

// Alive returns ErrNotFound if this life of db has ended.
func Alive(c *conn.Conn, db domain.Database) error {
	_, found, err := c.Integer("SELECT 1 FROM databases WHERE number = ? AND incarnation = ?", db.Number, db.Incarnation[:])
	if err == nil && !found {
		err = domain.DatabaseNotFound(db.ID)
	}
	return err
}
