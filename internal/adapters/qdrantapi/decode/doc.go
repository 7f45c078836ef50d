// Package decode reads the bodies of requests to the Qdrant API. It knows nothing of HTTP.
//
// Null is what is not there, and what is not known is passed over: clients send fields of
// versions older and newer than the one that this was written for.
package decode
