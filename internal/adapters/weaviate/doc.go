// Package weaviate keeps the chunks of databases in a cluster of Weaviate, and searches them
// there: the port ports.Cluster over its protocol.
//
// A database is a tenant of one of a few classes, by metric and full text. A chunk is an
// object. Its UUID begins with the chunk id, so that objects are in the order of ids; the rest
// is zero, or of a chunk with a key more of the hash of its key. So every write of a chunk is
// one of a known object, which may be repeated.
package weaviate
