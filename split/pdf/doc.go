// Package pdf reads PDF files for package split.
//
// A file is read in a process of its own, with bounds on time, memory and output: damaged
// files can keep the library that takes them apart from ever coming to an end, which no
// goroutine can be stopped from. That process is another one of the program that calls
// [Read], so its main function begins with [Subprocess].
package pdf
