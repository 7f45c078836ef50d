// Package encode writes the answers of Chroma's API: collections, and records as columns. It
// knows nothing of HTTP.
package encode
