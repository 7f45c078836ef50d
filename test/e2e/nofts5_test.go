//go:build unix && !sqlite_fts5

package e2e_test

// buildTags are the tags of the tests, which their binary gets, too.
const buildTags = ""
