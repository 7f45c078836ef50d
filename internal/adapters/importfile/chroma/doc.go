// Package chroma reads the collections of a Chroma server over its REST API, version 2, or 1
// where the server has no other: their settings, and their records page by page in the order
// in which they were inserted.
//
// The id becomes the key, the document the text. A uri stands in the metadata as "uri".
package chroma
