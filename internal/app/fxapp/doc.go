// Package fxapp runs memista as a server: it puts the parts together with fx, starts and
// stops them in order, and logs. It is the only package that imports fx.
//
// The repository and the engines are values of the dependency graph under their ports, so
// a program or a test replaces or decorates them with fx.Replace and fx.Decorate:
//
//   - ports.ChunkRepository holds the rows;
//   - ports.Engine makes the indexes of databases that name no engine;
//   - ports.BufferEngine named "flat" makes the exact indexes, those of small databases and of
//     what is not in a graph yet;
//   - []ports.Engine named "others" are the graph engines a database can name besides.
//
// An engine that takes the place of another one keeps index files if it is a
// ports.FileEngine itself, whatever it wraps.
package fxapp
