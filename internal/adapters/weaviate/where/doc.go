// Package where says in filters of Weaviate what the filters of package filterlang say.
//
// A chunk is given terms: hashes of what its fields have, all in one property, so that any
// field can be asked for and the schema stays as it is. A filter becomes one over terms that
// selects all that it does, and perhaps more: what it selects is then to be compared with the
// filter itself. Numbers and times have terms of ranges of several widths, of which a
// comparison takes as few as cover what it asks for (prefix terms, as in Schindler and
// Diepenbroek, Generic XML-based framework for metadata portals, 2008).
package where
