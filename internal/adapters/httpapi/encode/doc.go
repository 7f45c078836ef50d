// Package encode writes the answers of memista's own API: chunks, hits, databases, jobs and
// problems as openapi.yaml describes their JSON. It knows nothing of HTTP.
//
// What can be long, chunks and hits, is appended to memory of the caller; what is short is
// a value for encoding/json.
package encode
