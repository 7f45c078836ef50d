// Package metrics tells Prometheus how a memista server fares: it counts and times
// requests as they are answered, and asks the application for everything else when it is
// scraped. No label takes a value that a caller chooses, so the number of series has a
// bound that does not depend on the data.
package metrics
