// Package registry keeps in the tables collections and names what databases are called by
// other surfaces.
//
// Names share one space: in the default tenant and database a name is that of a row, or the
// id of a database without a row, or an alias, and never two of them for two databases. All
// that would break this is refused in the transaction that asks for it.
package registry
