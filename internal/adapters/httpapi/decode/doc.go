// Package decode reads the bodies of requests to memista's own API into the inputs of the
// use cases, as openapi.yaml describes them. It knows nothing of HTTP.
//
// Unknown fields are errors, and so is whatever comes after the value. What a decoder
// returns holds nothing of the body, but for Search and Queries, which say so.
package decode
