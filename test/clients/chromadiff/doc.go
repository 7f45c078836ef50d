// Package chromadiff sends the same random requests to memista and to a server of Chroma,
// and compares what they answer. `make diff-chroma CHROMA_URL=http://127.0.0.1:8000` runs it;
// without a server its test is skipped. The server should be fresh: the run makes tenants and
// collections of its own.
//
// Answers agree if their status and their bodies do, up to ids, the order of what has none,
// rounding, and the words of errors behind their kind. What memista takes and Chroma refuses,
// on purpose, stands in differences.go with a name for each; anything else fails the test.
package chromadiff
