// Package datafile says which file a path means, and who may have it. SQLite names its
// write-ahead log after the path that it is given and knows nothing of other names, so a
// file that two processes reach by two names loses what one of them writes.
//
// A path is followed to its end first (Resolve). Then two locks are taken: one on a file
// beside it, which keeps out whoever comes by the same name and works on every file
// system, and one on the file itself, far behind its end, which is met by every name that
// leads there: hard links, mounts, other spellings.
//
// The system drops all locks that SQLite holds on a file as soon as any descriptor of it
// is closed in the process. So nothing here closes one while a store of this process has
// the file, and a Claim is closed after the last connection.
package datafile
