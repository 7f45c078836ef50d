// Package remote is what embedders behind HTTP have in common: batches, the cutting of long
// texts, and embeddings that are checked before anybody sees them. What differs between
// providers is a Protocol; calls are made by package provider.
package remote
