// Package qdrant reads the collections of a Qdrant server over its REST API: their settings,
// and their points page by page in the order of their ids.
//
// An integer id becomes a key of its digits, a UUID one in lower case with dashes, and any
// other string, which memista takes, itself. The payload becomes the metadata, and a field of
// it the text too. One vector of each point is taken, and its sparse vectors.
package qdrant
