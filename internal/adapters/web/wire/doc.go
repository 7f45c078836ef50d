// Package wire reads and writes the JSON of the HTTP API. It is strict where
// encoding/json is lenient (duplicate and unknown names, invalid UTF-8, trailing data),
// says where a fault is, and reads arrays of numbers several times faster, which is
// where the time of a vector service's requests goes.
package wire
