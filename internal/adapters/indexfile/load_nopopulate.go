//go:build darwin || freebsd || netbsd || openbsd

package indexfile

// populate asks for nothing: only Linux can read all pages while mapping.
const populate = 0
