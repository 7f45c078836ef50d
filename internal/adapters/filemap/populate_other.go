//go:build (darwin || freebsd || netbsd || openbsd) && !race

package filemap

// populate asks for nothing: only Linux can read all pages while mapping.
const populate = 0
