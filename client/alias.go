package client

import "github.com/memista/memista/api"

// Service and the types below it are what package memista and package client share; package
// api has more on each.
type (
	Service  = api.Service  // what both can do
	Database = api.Database // a handle for one database

	Settings         = api.Settings         // the choices for a database
	Update           = api.Update           // which of them to change
	Metric           = api.Metric           // how distances are measured
	Tokenizer        = api.Tokenizer        // how texts are indexed
	DatabaseInfo     = api.DatabaseInfo     // describes a database
	DatabasesOptions = api.DatabasesOptions // configure DatabasesPage
	DatabasePage     = api.DatabasePage     // what it returns
	Stats            = api.Stats            // a database and its index
	TailStats        = api.TailStats        // the vectors that are compared one by one
	GraphStats       = api.GraphStats       // the vectors in the graph
	DiskStats        = api.DiskStats        // what a database takes on disk
	Problem          = api.Problem          // what is wrong for the time being

	Chunk         = api.Chunk         // a piece of text with its embedding
	Metadata      = api.Metadata      // what is known of it besides
	Part          = api.Part          // a part of a chunk
	OnConflict    = api.OnConflict    // what Insert does with keys that exist
	InsertOptions = api.InsertOptions // configure Insert
	Patch         = api.Patch         // what to change about a chunk
	ListOptions   = api.ListOptions   // configure List
	Page          = api.Page          // what it returns

	Filter        = api.Filter        // selects chunks
	Hit           = api.Hit           // a result of a search
	Scores        = api.Scores        // those of the lists that have a hit
	SearchOptions = api.SearchOptions // configure Search and SearchMany
	Fusion        = api.Fusion        // how two lists become one
	FusionMethod  = api.FusionMethod  // which way
	Query         = api.Query         // one of several queries
	QueryOptions  = api.QueryOptions  // what they share
	Results       = api.Results       // the answers
	Explain       = api.Explain       // how a query was answered
	ExplainFilter = api.ExplainFilter // what its filter came to
	ExplainText   = api.ExplainText   // what its words came to
	ExplainRanks  = api.ExplainRanks  // where a hit stands in both lists
	ExplainPart   = api.ExplainPart   // the share of tail or graph
	ExplainTimes  = api.ExplainTimes  // where the time went

	Job      = api.Job      // a long piece of work
	JobState = api.JobState // how far it is
)

// The metrics. Cosine is the default.
const (
	InnerProduct = api.InnerProduct // distance 1 - dot, score dot
	Cosine       = api.Cosine       // distance 1 - cos, score cos; zero vectors are refused
	L2           = api.L2           // distance squared Euclidean, score 1/(1+distance)
)

// The tokenizers.
const (
	Words   = api.Words   // whole words
	English = api.English // words by their stems: run finds running
	Trigram = api.Trigram // any part of a text, in any language
)

// What to do with a key that exists. Replace is the default.
const (
	Replace = api.Replace // replace the whole chunk, which keeps its id
	Refuse  = api.Refuse  // store nothing and return ErrConflict
	Skip    = api.Skip    // leave the stored chunk as it is
)

// The parts of a chunk.
const (
	PartText      = api.PartText
	PartMetadata  = api.PartMetadata
	PartEmbedding = api.PartEmbedding
)

// The methods of fusion. ReciprocalRank is the default.
const (
	ReciprocalRank = api.ReciprocalRank // by ranks
	WeightedScores = api.WeightedScores // by scores
)

// The states of a job; only the first may change.
const (
	JobRunning  = api.JobRunning
	JobDone     = api.JobDone
	JobFailed   = api.JobFailed
	JobCanceled = api.JobCanceled
)

// The fields of a chunk itself, for filters.
const (
	FieldID   = api.FieldID
	FieldKey  = api.FieldKey
	FieldText = api.FieldText
)

// The kinds of errors, for errors.Is. The text of an error says what to do.
var (
	ErrInvalid      = api.ErrInvalid      // a bad argument: id, key, k, metadata, …
	ErrUnauthorized = api.ErrUnauthorized // a server wants an API key, or another one
	ErrForbidden    = api.ErrForbidden    // the API key has not the scope
	ErrNotFound     = api.ErrNotFound     // no such database, chunk or job
	ErrConflict     = api.ErrConflict     // exists with other settings, or a key that exists
	ErrTooLarge     = api.ErrTooLarge     // over a limit
	ErrLimit        = api.ErrLimit        // there are as many databases as may be
	ErrDimension    = api.ErrDimension    // an embedding of the wrong dimension
	ErrNotFinite    = api.ErrNotFinite    // NaN or infinity in an embedding
	ErrZeroVector   = api.ErrZeroVector   // no direction, under Cosine
	ErrUnsupported  = api.ErrUnsupported  // the build lacks it
	ErrBusy         = api.ErrBusy         // too much at once: try again in a moment
	ErrUnavailable  = api.ErrUnavailable  // not ready yet: try again in a moment
	ErrDiskFull     = api.ErrDiskFull     // nothing was stored; reads go on
	ErrReadOnly     = api.ErrReadOnly     // after a fault of the disk
	ErrClosed       = api.ErrClosed       // Close was called, or the server shuts down
	ErrLocked       = api.ErrLocked       // another process has the file open
	ErrForeignFile  = api.ErrForeignFile  // not a memista file
	ErrNewerSchema  = api.ErrNewerSchema  // written by a newer memista
	ErrCorrupt      = api.ErrCorrupt      // what is on disk is damaged
)

// Meta returns v as metadata: a map, a struct, a json.RawMessage, or anything else that
// encoding/json writes as an object; a string; or nil, for none.
func Meta(v any) Metadata { return api.Meta(v) }

// FilterJSON returns a filter written as JSON, as in {"page": {"$gte": 3}}.
func FilterJSON(text string) *Filter { return api.FilterJSON(text) }

// Eq selects chunks whose field is equal to the value; nil is null.
func Eq(field string, value any) *Filter { return api.Eq(field, value) }

// Ne selects exactly what Eq does not, chunks without the field among them.
func Ne(field string, value any) *Filter { return api.Ne(field, value) }

// Gt selects chunks whose field is greater than the value: numbers among numbers, strings
// among strings, times among times.
func Gt(field string, value any) *Filter { return api.Gt(field, value) }

// Gte selects chunks whose field is greater than the value, or equal.
func Gte(field string, value any) *Filter { return api.Gte(field, value) }

// Lt selects chunks whose field is less than the value.
func Lt(field string, value any) *Filter { return api.Lt(field, value) }

// Lte selects chunks whose field is less than the value, or equal.
func Lte(field string, value any) *Filter { return api.Lte(field, value) }

// In selects chunks whose field is equal to one of the values; without any it selects none.
func In[T any](field string, values ...T) *Filter { return api.In(field, values...) }

// Nin selects exactly what In does not, chunks without the field among them.
func Nin[T any](field string, values ...T) *Filter { return api.Nin(field, values...) }

// Exists selects chunks that have the field, be it null.
func Exists(field string) *Filter { return api.Exists(field) }

// Contains selects chunks whose field is an array with the value as an element, or a string
// with it as a part.
func Contains(field string, value any) *Filter { return api.Contains(field, value) }

// And selects chunks that all of the filters select; those that are nil do not count.
func And(filters ...*Filter) *Filter { return api.And(filters...) }

// Or selects chunks that at least one of the filters selects.
func Or(filters ...*Filter) *Filter { return api.Or(filters...) }

// Not selects exactly what f does not.
func Not(f *Filter) *Filter { return api.Not(f) }
