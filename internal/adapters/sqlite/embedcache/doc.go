// Package embedcache keeps embeddings of texts in the data file, so that a text that was
// embedded before a restart is not embedded again after it. What it loses is embedded
// again: it writes late, and gives up what cannot be written.
package embedcache
