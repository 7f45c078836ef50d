// Package recall measures which share of the true neighbors the searches of a database find,
// on its own data: stored vectors are the queries, and exact searches tell what there was to
// be found.
//
// Reading the source: ask.go is what is asked and report.go the answer; meter.go draws the
// queries, truth.go finds their true neighbors, trial.go asks again with one beam width,
// target.go looks for the smallest one that suffices, and interval.go tells how sure the
// figures are.
package recall
