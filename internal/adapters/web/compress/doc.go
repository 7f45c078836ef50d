// Package compress handles the content codings of HTTP, gzip and zstd, for whole bodies in
// memory: Of and Decoder for those of requests, Accepted and Coding.Append for answers. It
// knows nothing of what is served.
//
// A body that is compressed is a promise of memory that costs its sender nothing: 32 KiB
// of gzip can become 32 MiB. So a Decoder takes bodies that have arrived whole, stops at
// the limit that the plain body has, tells its caller of all memory as it is used, and
// works on few bodies at once, which bounds what the algorithms need besides.
package compress
