//go:build (darwin || freebsd || netbsd || openbsd) && !race

package indexfile

// populate asks for nothing: only Linux can read all pages while mapping.
const populate = 0
