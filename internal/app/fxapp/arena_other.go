//go:build !cgo || !linux

package fxapp

// oneArena is for a C library that gives each thread a heap of its own.
func oneArena() {}
