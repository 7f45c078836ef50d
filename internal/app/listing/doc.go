// Package listing reads the chunks of a database a page at a time, in the order of their ids
// or of their keys, all of them or those that a filter selects.
package listing
