// Package collection says who a database is for surfaces that name databases in their own
// way: by names that memista's ids cannot have, in tenants, by UUIDs, or by aliases.
package collection
