// Package decode reads the bodies of requests to Chroma's API. It knows nothing of HTTP.
//
// Unknown fields are passed over, and null is as good as a field that is not there. What a
// decoder returns holds nothing of the body, but for Query, which says so.
package decode
