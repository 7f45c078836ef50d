//go:build cgo && linux

package fxapp

/*
#include <malloc.h>
#include <stdlib.h>

static void one_arena(void) {
#if defined(__GLIBC__) && defined(M_ARENA_MAX)
	if (getenv("MALLOC_ARENA_MAX") == NULL) mallopt(M_ARENA_MAX, 1);
#endif
}
*/
import "C"

// oneArena has the C library allocate from one heap for all threads, unless somebody has
// chosen otherwise. It gives each thread one of its own, and Go moves SQLite's work from
// thread to thread, so that what one has freed is of no use to the others.
func oneArena() { C.one_arena() }
