// Package mcp serves databases to agents over the Model Context Protocol
// (https://modelcontextprotocol.io): tools that search, read and, where that is allowed,
// write, and chunks as resources. It speaks to one client over a stream ([Serve]), or to
// many over HTTP without sessions ([Mount]).
//
// Answers are read by a language model, so their size is bounded: texts that do not fit are
// cut, with a note of the call that returns the rest.
package mcp
