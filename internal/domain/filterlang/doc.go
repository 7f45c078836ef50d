// Package filterlang is the language of filters: parsed from JSON, written as JSON, and
// matched against chunks. What a filter selects is said here, once; indexes and SQL that
// answer filters faster are compared with it.
package filterlang
