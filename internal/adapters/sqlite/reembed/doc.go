// Package reembed keeps embeddings of another model beside those that are in use, in the
// other slot of their database, until they take their place.
package reembed
