package api

import "time"

// RecallOptions say what Recall measures. The zero value, and nil, mean the defaults.
type RecallOptions struct {
	K       int           // neighbors of each query; 0: 10
	Queries int           // at most, and no more than there is time for; 0: 1,000
	Ef      []int         // beam widths to measure, up to 32; nil: 16, 32 … 512, those from K on
	Target  float64       // a recall to find the smallest beam width for, at most 1; 0: none
	Filter  *Filter       // queries and answers are of what it selects; nil: of all
	MaxTime time.Duration // after which no further search begins, up to a minute; 0: 5 s
}

// Recall is what a measurement has found. A recall is the mean over queries of the share of
// their true neighbors that searches found.
type Recall struct {
	K        int    // neighbors of each query
	Queries  int    // that were asked
	Vectors  int    // that searches could find
	Plan     string // how a search that brings no beam width is answered: "flat", which finds all, or "graph"
	Now      RecallPoint
	Curve    []RecallPoint // by beam widths in ascending order; empty where the plan is "flat"
	Target   *RecallTarget // nil: none was asked for
	Complete bool          // there was time for everything
	Took     time.Duration
}

// RecallPoint is what searches with one beam width find, and how long they take in the
// index, without what comes before and after.
type RecallPoint struct {
	Ef     int // 0: left to the engine
	Recall float64
	// Low and High are the ends of the 95 % interval of the recall of all queries of the kind.
	Low, High float64
	Queries   int // that were asked
	P50, P99  time.Duration
}

// RecallTarget is the smallest beam width that reaches a recall, by the estimate.
type RecallTarget struct {
	Wanted  float64 // the recall that was asked for
	Reached bool    // else the point is the best that was measured
	RecallPoint
	Confidence float64 // how sure it is that the recall is at least the one asked for, from 0 to 1
}
