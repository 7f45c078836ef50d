// Package collections says who a database is for other surfaces: it finds databases by the
// names, UUIDs and aliases that those know, makes, changes and drops them, and says how
// their ids of points become keys.
//
// Looking a name up costs no SQL once it is known: what was read is kept until the registry
// changes.
package collections
