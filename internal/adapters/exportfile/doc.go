// Package exportfile writes chunks as lines that other stores, or memista, import: each line is
// a JSON object, for other stores the body of a request.
package exportfile
