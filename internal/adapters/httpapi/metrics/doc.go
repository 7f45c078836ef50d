// Package metrics collects for Prometheus how a memista service fares, which it asks for
// when the server is scraped; package web/metrics counts the requests. No label takes a
// value that a caller chooses, so the number of series has a bound that does not depend on
// the data.
package metrics
