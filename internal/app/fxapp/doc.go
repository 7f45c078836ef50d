// Package fxapp runs memista as a server: it puts the parts together with fx, starts and
// stops them in order, and logs. It is the only package that imports fx.
//
// The repository and the engine are values of the graph under their ports, so a program
// or a test replaces or decorates them with fx.Replace and fx.Decorate.
package fxapp
