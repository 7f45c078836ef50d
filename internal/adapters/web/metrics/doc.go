// Package metrics counts and times the requests of a server, and writes them in the formats
// of Prometheus together with what other collectors tell. No label takes a value that a
// caller chooses, so the number of series has a bound that does not depend on the data.
package metrics
