// A thin layer between Go and the C interface of USearch. It keeps the promises that the
// C interface leaves to its callers:
//
//   - no C++ exception ever leaves a function;
//   - arguments are checked, for USearch aborts on some bad ones and accepts others;
//   - the size of the thread pool is set again after everything that resets it;
//   - filters and the audit run in C, so no search calls back into Go.
//
// Errors are strings that live for ever; NULL is success. The functions are as safe for
// concurrent use as USearch is: any number of searches beside each other, and nothing
// beside add, remove, reserve, load and free. The caller locks.
#ifndef MEMISTA_USEARCH_SHIM_H
#define MEMISTA_USEARCH_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { mu_ip = 0, mu_l2 = 1, mu_cos = 2 } mu_metric;
typedef enum { mu_f32 = 0, mu_bf16 = 1, mu_f16 = 2, mu_i8 = 3 } mu_kind;

// mu_mark is the least key of the entries that stay in the graph as way points only.
#define mu_mark (UINT64_C(1) << 63)

// mu_index is one index and how many threads may search it at once.
typedef struct mu_index mu_index;

// mu_count is a number with an error beside it.
typedef struct {
    size_t count;
    char const* error;
} mu_count;

// mu_bitmap is a set of keys: bit i of words stands for the key first + i.
typedef struct {
    uint64_t const* words;
    uint64_t first;
    uint64_t bits;
} mu_bitmap;

char const* mu_version(void);

// mu_new makes an empty index. A search gets as wide a beam as it asks for results.
char const* mu_new(mu_metric metric, mu_kind kind, size_t dims, size_t m, size_t ef_construction, size_t threads,
                   mu_index** out);
void mu_free(mu_index* ix);

// mu_load fills a new index from what mu_save wrote. The bytes must have been verified:
// USearch trusts them. They are not needed afterwards. After an error only mu_free is
// allowed.
char const* mu_load(mu_index* ix, void const* bytes, size_t length);
mu_count mu_saved_size(mu_index* ix);
char const* mu_save(mu_index* ix, void* bytes, size_t length);

// mu_add adds a vector of float32 under a key that is not in the index. Capacity grows by
// doubling.
char const* mu_add(mu_index* ix, uint64_t key, float const* vector);
// mu_remove takes a key out and returns how many vectors it had.
mu_count mu_remove(mu_index* ix, uint64_t key);

// mu_rename lets a vector stand under another key, which must not be in the index.
char const* mu_rename(mu_index* ix, uint64_t from, uint64_t to);

// mu_search writes up to ef keys to keys, nearest first, with the distances of their codes,
// and returns their number. With allow, only keys of that set come; with unmarked, only
// keys below mu_mark.
mu_count mu_search(mu_index* ix, float const* query, size_t ef, mu_bitmap const* allow, bool unmarked,
                   uint64_t* keys, float* distances);

// mu_reach writes the keys that a search can reach, up to capacity, and returns how many
// there are.
mu_count mu_reach(mu_index* ix, float const* query, uint64_t* keys, size_t capacity);

size_t mu_size(mu_index* ix);
size_t mu_bytes(mu_index* ix);
bool mu_contains(mu_index* ix, uint64_t key);
// mu_acceleration names the instruction set of the index's distance function; "serial"
// says that there is none.
char const* mu_acceleration(mu_index* ix);

#ifdef __cplusplus
}
#endif
#endif
