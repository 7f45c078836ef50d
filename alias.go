package memista

import "github.com/memista/memista/api"

// The types that package memista and package client share; package api has more on each.
type (
	// Service is what library and client can both do.
	Service = api.Service
	// Database is a handle for one database.
	Database = api.Database
	// SparseVector is a vector of which only some components are not zero.
	SparseVector = api.SparseVector
	// SparseSettings are the choices for the sparse vectors of one name.
	SparseSettings = api.SparseSettings
	// VectorSettings are the choices for the vectors of one name.
	VectorSettings = api.VectorSettings
	// SparseModifier says how the values of a sparse query are changed.
	SparseModifier = api.SparseModifier
	// SparseQuery asks for chunks by a sparse vector.
	SparseQuery = api.SparseQuery
	// Settings are the choices for a database.
	Settings = api.Settings
	// Embedder names what makes embeddings of texts.
	Embedder = api.Embedder
	// ReembedOptions configure Reembed. The zero value, and nil, leave all as it is.
	ReembedOptions = api.ReembedOptions
	// Update says which of them to change.
	Update = api.Update
	// ValuesOptions bound CountValues.
	ValuesOptions = api.ValuesOptions
	// Values is the values of a field.
	Values = api.Values
	// SampleOptions configure Sample.
	SampleOptions = api.SampleOptions
	// RecallOptions say what Recall measures.
	RecallOptions = api.RecallOptions
	// Recall is what a measurement of recall has found.
	Recall = api.Recall
	// RecallPoint is what searches with one beam width find.
	RecallPoint = api.RecallPoint
	// RecallTarget is the smallest beam width that reaches a recall.
	RecallTarget = api.RecallTarget
	// RecallStats tells how the target recall of a database is kept.
	RecallStats = api.RecallStats
	// KeptRecall is a measurement by which a beam width was chosen.
	KeptRecall = api.KeptRecall
	// CurvePoint is what searches with one beam width find.
	CurvePoint = api.CurvePoint
	// ValueCount is a value and how many chunks have it.
	ValueCount = api.ValueCount
	// Point is a place on Earth.
	Point = api.Point
	// Metric says how distances are measured.
	Metric = api.Metric
	// Tokenizer names how texts are indexed.
	Tokenizer = api.Tokenizer
	// DatabaseInfo describes a database.
	DatabaseInfo = api.DatabaseInfo
	// DatabasesOptions configure DatabasesPage.
	DatabasesOptions = api.DatabasesOptions
	// DatabasePage is what DatabasesPage returns.
	DatabasePage = api.DatabasePage
	// Stats is a database and its index.
	Stats = api.Stats
	// TailStats describes the vectors that are compared one by one.
	TailStats = api.TailStats
	// GraphStats describes the vectors in the graph.
	GraphStats = api.GraphStats
	// DiskStats is what a database takes on disk.
	DiskStats = api.DiskStats
	// Problem is something that is wrong for the time being.
	Problem = api.Problem
	// Chunk is a piece of text with its embedding.
	Chunk = api.Chunk
	// Metadata is what is known of a chunk or a database besides.
	Metadata = api.Metadata
	// Part is a part of a chunk.
	Part = api.Part
	// OnConflict says what Insert does with a key that exists.
	OnConflict = api.OnConflict
	// InsertOptions configure Insert.
	InsertOptions = api.InsertOptions
	// Patch says what to change about a chunk.
	Patch = api.Patch
	// Alias is another name for a database.
	Alias = api.Alias
	// AliasAction is one step of ChangeAliases.
	AliasAction = api.AliasAction
	// Mover takes databases to other servers, and in.
	Mover = api.Mover
	// ChangesOptions configure Changes.
	ChangesOptions = api.ChangesOptions
	// ChangePage is what Changes returns.
	ChangePage = api.ChangePage
	// Load is what to store of another database.
	Load = api.Load
	// Loaded is what has come of a Load.
	Loaded = api.Loaded
	// Hold says what becomes of the writers of a database.
	Hold = api.Hold
	// HoldState is the state of a database, and how its writers are kept out.
	HoldState = api.HoldState
	// Names is what databases are called by other surfaces.
	Names = api.Names
	// Space is what Chroma calls a database of a tenant.
	Space = api.Space
	// Collection is who a database is for the surface that made it.
	Collection = api.Collection
	// Order is an order of chunks.
	Order = api.Order
	// Sort is the order of a field.
	Sort = api.Sort
	// ListOptions configure List.
	ListOptions = api.ListOptions
	// Page is what List returns.
	Page = api.Page
	// Filter selects chunks.
	Filter = api.Filter
	// Hit is a result of a search.
	Hit = api.Hit
	// Scores are those of the lists that have a hit.
	Scores = api.Scores
	// SearchOptions configure Search and SearchMany.
	SearchOptions = api.SearchOptions
	// Fusion says how a list by embedding and one by words become one.
	Fusion = api.Fusion
	// FusionMethod names a way to do that.
	FusionMethod = api.FusionMethod
	// Query is one of several queries.
	Query = api.Query
	// QueryOptions are what they share.
	QueryOptions = api.QueryOptions
	// GroupsOptions bound SearchGroups.
	GroupsOptions = api.GroupsOptions
	// Group is a value of a field and the best hits that have it.
	Group = api.Group
	// MMR asks for hits that differ from each other.
	MMR = api.MMR
	// Rerank asks for the first hits of a query to be ranked again.
	Rerank = api.Rerank
	// Results are the answers to them.
	Results = api.Results
	// Explain says how a query was answered.
	Explain = api.Explain
	// ExplainFilter says what its filter came to.
	ExplainFilter = api.ExplainFilter
	// ExplainSparse says what a sparse vector came to.
	ExplainSparse = api.ExplainSparse
	// ExplainSparseRanks says where a hit stands in the lists.
	ExplainSparseRanks = api.ExplainSparseRanks
	// ExplainSparseFusion says how a list by sparse vector and others became one.
	ExplainSparseFusion = api.ExplainSparseFusion
	// ExplainRerank says what ranking the first hits again came to.
	ExplainRerank = api.ExplainRerank
	// ExplainText says what its words came to.
	ExplainText = api.ExplainText
	// ExplainFusion says how both lists became one.
	ExplainFusion = api.ExplainFusion
	// ExplainPlace is where a hit stood before it was ranked again.
	ExplainPlace = api.ExplainPlace
	// ExplainRanks says where a hit stands in both lists.
	ExplainRanks = api.ExplainRanks
	// ExplainPart is the share of the tail or the graph.
	ExplainPart = api.ExplainPart
	// ExplainTimes says where the time went.
	ExplainTimes = api.ExplainTimes
	// Job is a long piece of work.
	Job = api.Job
	// JobState says how far it is.
	JobState = api.JobState
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

// The modifiers of sparse vectors.
const (
	SparseNone = api.SparseNone
	SparseIDF  = api.SparseIDF // by how rare an index is
)

// What to do with a key that exists. Replace is the default.
const (
	Replace = api.Replace // replace the whole chunk, which keeps its id
	Refuse  = api.Refuse  // store nothing and return ErrConflict
	Skip    = api.Skip    // leave the stored chunk as it is
)

// The orders of chunks. ByID is the default.
const (
	ByID  = api.ByID
	ByKey = api.ByKey // by the bytes of keys; those without one come first, by id
)

// The parts of a chunk.
const (
	PartText      = api.PartText
	PartMetadata  = api.PartMetadata
	PartEmbedding = api.PartEmbedding
	PartSparse    = api.PartSparse
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

// DefaultEmbedder stands in Settings for the embedder of databases that name none.
var DefaultEmbedder = api.DefaultEmbedder

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
	ErrStartOver    = api.ErrStartOver    // these changes are not kept any more: begin with all chunks
	ErrUnavailable  = api.ErrUnavailable  // not ready yet: try again in a moment
	ErrReranker     = api.ErrReranker     // the reranker failed
	ErrEmbedder     = api.ErrEmbedder     // the embedder of the database failed; nothing was stored
	ErrDiskFull     = api.ErrDiskFull     // nothing was stored; reads go on
	ErrReadOnly     = api.ErrReadOnly     // after a fault of the disk
	ErrClosed       = api.ErrClosed       // Close was called, or the server shuts down
	ErrLocked       = api.ErrLocked       // another process has the file open
	ErrForeignFile  = api.ErrForeignFile  // not a memista file
	ErrNewerSchema  = api.ErrNewerSchema  // written by a newer memista
	ErrCorrupt      = api.ErrCorrupt      // what is on disk is damaged
)

// CreateAlias makes an alias for a database, or moves one that is there.
func CreateAlias(alias, database string) AliasAction { return api.CreateAlias(alias, database) }

// DeleteAlias deletes an alias. One that is not there is passed over.
func DeleteAlias(alias string) AliasAction { return api.DeleteAlias(alias) }

// RenameAlias renames an alias, in place of another one with that name if there is one.
func RenameAlias(alias, to string) AliasAction { return api.RenameAlias(alias, to) }

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

// NotContains selects exactly what Contains does not.
func NotContains(field string, value any) *Filter { return api.NotContains(field, value) }

// Regex selects chunks whose field is a string in which the regular expression matches.
func Regex(field, pattern string) *Filter { return api.Regex(field, pattern) }

// Size selects chunks whose field has least to most values; a negative most is no bound.
func Size(field string, least, most int) *Filter { return api.Size(field, least, most) }

// ElemMatch selects chunks whose field is an array with an object in it that f selects.
func ElemMatch(field string, f *Filter) *Filter { return api.ElemMatch(field, f) }

// GeoRadius selects chunks whose field is a place at most so many meters from center.
func GeoRadius(field string, center Point, meters float64) *Filter {
	return api.GeoRadius(field, center, meters)
}

// GeoBoundingBox selects chunks whose field is a place between two corners.
func GeoBoundingBox(field string, topLeft, bottomRight Point) *Filter {
	return api.GeoBoundingBox(field, topLeft, bottomRight)
}

// GeoPolygon selects chunks whose field is a place within the polygon with these corners,
// but in none of holes.
func GeoPolygon(field string, corners []Point, holes ...[]Point) *Filter {
	return api.GeoPolygon(field, corners, holes...)
}

// AtLeast selects chunks that n or more of the filters select.
func AtLeast(n int, filters ...*Filter) *Filter { return api.AtLeast(n, filters...) }

// And selects chunks that all of the filters select; those that are nil do not count.
func And(filters ...*Filter) *Filter { return api.And(filters...) }

// Or selects chunks that at least one of the filters selects.
func Or(filters ...*Filter) *Filter { return api.Or(filters...) }

// Not selects exactly what f does not.
func Not(f *Filter) *Filter { return api.Not(f) }
