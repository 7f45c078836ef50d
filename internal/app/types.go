package app

import (
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
)

// The types of what a Service is asked and answers that are declared below it.
type (
	// Lifecycle says how long databases stay open and how much memory they may take.
	Lifecycle = live.Lifecycle
	// Tail bounds the vectors of a database that its graph does not have yet.
	Tail = live.Buffer
	// IndexInfo describes the index of a database.
	IndexInfo = live.IndexInfo
	// Part sums up the tails, or the graphs, of several databases.
	Part = live.Part

	// Search is one or more queries against one database.
	Search = query.Search
	// Query asks for the chunks nearest to a vector, or with some words.
	Query = query.Query
	// Found is the answer to a Search.
	Found = query.Found

	// Job describes a long piece of work on one database.
	Job = jobs.Job
	// JobState says how far a job has come.
	JobState = jobs.State
	// ImportProgress is what a caller tells of its import.
	ImportProgress = jobs.ImportProgress
)

// DefaultK is how many hits a query gets that does not say.
const DefaultK = query.DefaultK

// The states of a job; only the first may change.
const (
	JobRunning  = jobs.Running
	JobDone     = jobs.Done
	JobFailed   = jobs.Failed
	JobCanceled = jobs.Canceled
)

// The kinds of jobs; see package jobs.
const (
	KindRebuild    = jobs.KindRebuild
	KindCompaction = jobs.KindCompaction
	KindAlter      = jobs.KindAlter
	KindImport     = jobs.KindImport
)

// JobNotFound is the ErrNotFound for a job.
func JobNotFound(id int64) error { return jobs.NotFound(id) }
