//go:build usearch && cgo

#include "shim.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

extern "C" {
#include <usearch.h>
}

struct mu_index {
    usearch_index_t handle;
    usearch_init_options_t options;
    size_t threads;
    size_t capacity;
};

namespace {

// The least capacity, and the most: USearch aborts the process when asked for absurd ones.
constexpr size_t min_capacity = 1000;
constexpr size_t max_capacity = size_t(1) << 31;
constexpr size_t max_dims = 65536;
constexpr size_t max_threads = 4096;
constexpr size_t max_ef = 1 << 20;
constexpr uint64_t reserved_key = UINT64_MAX;

// guarded runs work and turns what it throws into an error.
template <typename work_t> char const* guarded(work_t&& work) noexcept {
    try {
        return work();
    } catch (std::bad_alloc const&) {
        return "out of memory";
    } catch (std::exception const&) {
        return "USearch threw a C++ exception";
    } catch (...) {
        return "USearch threw something";
    }
}

template <typename work_t> mu_count counted(work_t&& work) noexcept {
    mu_count result{0, nullptr};
    result.error = guarded([&] {
        usearch_error_t error = nullptr;
        result.count = work(&error);
        return error;
    });
    if (result.error) result.count = 0;
    return result;
}

// set_threads sizes the pool. USearch resets it to the number of processors with every
// reserve and every load, and a caller past the pool gets an error instead of a wait.
char const* set_threads(mu_index* ix) {
    usearch_error_t error = nullptr;
    usearch_change_threads_add(ix->handle, ix->threads, &error);
    if (!error) usearch_change_threads_search(ix->handle, ix->threads, &error);
    return error;
}

char const* reserve(mu_index* ix, size_t wanted) {
    if (wanted <= ix->capacity) return nullptr;
    if (wanted > max_capacity) return "index is full";
    usearch_error_t error = nullptr;
    size_t capacity = std::max({min_capacity, wanted, std::min(2 * ix->capacity, max_capacity)});
    usearch_reserve(ix->handle, capacity, &error);
    if (error) return error;
    ix->capacity = capacity;
    return set_threads(ix);
}

usearch_scalar_kind_t scalar_of(mu_kind kind) {
    switch (kind) {
    case mu_f32: return usearch_scalar_f32_k;
    case mu_bf16: return usearch_scalar_bf16_k;
    case mu_f16: return usearch_scalar_f16_k;
    case mu_i8: return usearch_scalar_i8_k;
    }
    return usearch_scalar_unknown_k;
}

usearch_metric_kind_t metric_of(mu_metric metric) {
    switch (metric) {
    case mu_ip: return usearch_metric_ip_k;
    case mu_l2: return usearch_metric_l2sq_k;
    case mu_cos: return usearch_metric_cos_k;
    }
    return usearch_metric_unknown_k;
}

int in_bitmap(usearch_key_t key, void* state) {
    auto set = static_cast<mu_bitmap const*>(state);
    uint64_t at = key - set->first; // a key below first wraps to a large number
    return at < set->bits && (set->words[at >> 6] >> (at & 63)) & 1;
}

int is_unmarked(usearch_key_t key, void*) { return key < mu_mark; }

struct visit {
    uint64_t* keys;
    size_t capacity, count;
};

// note_key keeps the key and lets none be a result, so that the walk goes on until it has
// seen all it can reach.
int note_key(usearch_key_t key, void* state) {
    auto v = static_cast<visit*>(state);
    if (v->count < v->capacity) v->keys[v->count] = key;
    v->count++;
    return 0;
}

} // namespace

extern "C" {

char const* mu_version(void) { return usearch_version(); }

char const* mu_new(mu_metric metric, mu_kind kind, size_t dims, size_t m, size_t ef_construction, size_t threads,
                   mu_index** out) {
    if (!out) return "no place for the index";
    *out = nullptr;
    // Not every pair means something: codes of 8 bits are scaled to the length of their
    // vector, which only an angle forgives.
    if (metric_of(metric) == usearch_metric_unknown_k || scalar_of(kind) == usearch_scalar_unknown_k ||
        (kind == mu_i8 && metric == mu_l2))
        return "metric and kind do not go together";
    if (dims < 1 || dims > max_dims) return "dimension out of range";
    if (m < 2 || m > 512 || ef_construction < 1 || ef_construction > max_ef) return "graph setting out of range";
    if (threads < 1 || threads > max_threads) return "number of threads out of range";
    return guarded([&]() -> char const* {
        usearch_init_options_t options{};
        options.metric_kind = metric_of(metric);
        options.quantization = scalar_of(kind);
        options.dimensions = dims;
        options.connectivity = m;
        options.expansion_add = ef_construction;
        options.expansion_search = 1; // the beam is then as wide as results are asked for
        usearch_error_t error = nullptr;
        usearch_index_t handle = usearch_init(&options, &error);
        if (error || !handle) return error ? error : "out of memory";
        mu_index* ix = new (std::nothrow) mu_index{handle, options, threads, 0};
        if (!ix) {
            usearch_free(handle, &error);
            return "out of memory";
        }
        char const* failed = reserve(ix, min_capacity);
        if (failed) {
            mu_free(ix);
            return failed;
        }
        *out = ix;
        return nullptr;
    });
}

void mu_free(mu_index* ix) {
    if (!ix) return;
    guarded([&]() -> char const* {
        usearch_error_t error = nullptr;
        usearch_free(ix->handle, &error);
        return error;
    });
    delete ix;
}

char const* mu_load(mu_index* ix, void const* bytes, size_t length) {
    if (!ix || !bytes || !length) return "nothing to load";
    return guarded([&]() -> char const* {
        usearch_error_t error = nullptr;
        usearch_init_options_t found{};
        // load takes metric, kind and dimension from the file, whatever the index was made for.
        usearch_metadata_buffer(bytes, length, &found, &error);
        if (error) return error;
        if (found.metric_kind != ix->options.metric_kind || found.quantization != ix->options.quantization ||
            found.dimensions != ix->options.dimensions || found.multi)
            return "the file holds another kind of index";
        usearch_load_buffer(ix->handle, bytes, length, &error);
        if (error) return error;
        usearch_change_expansion_add(ix->handle, ix->options.expansion_add, &error);
        if (!error) usearch_change_expansion_search(ix->handle, 1, &error);
        // What was loaded has room for itself only, and the threads of a new index.
        if (!error) ix->capacity = usearch_capacity(ix->handle, &error);
        if (error) return error;
        char const* failed = reserve(ix, ix->capacity + 1);
        return failed ? failed : set_threads(ix);
    });
}

mu_count mu_saved_size(mu_index* ix) {
    if (!ix) return {0, "no index"};
    return counted([&](usearch_error_t* error) { return usearch_serialized_length(ix->handle, error); });
}

char const* mu_save(mu_index* ix, void* bytes, size_t length) {
    if (!ix || !bytes || !length) return "nowhere to save";
    return guarded([&]() -> char const* {
        usearch_error_t error = nullptr;
        if (usearch_serialized_length(ix->handle, &error) > length) return "buffer is too small";
        if (!error) usearch_save_buffer(ix->handle, bytes, length, &error);
        return error;
    });
}

char const* mu_add(mu_index* ix, uint64_t key, float const* vector) {
    if (!ix || !vector) return "no vector";
    if (key == reserved_key) return "key is reserved";
    return guarded([&]() -> char const* {
        usearch_error_t error = nullptr;
        char const* failed = reserve(ix, usearch_size(ix->handle, &error) + 1);
        if (failed || error) return failed ? failed : error;
        usearch_add(ix->handle, key, vector, usearch_scalar_f32_k, &error);
        return error;
    });
}

mu_count mu_remove(mu_index* ix, uint64_t key) {
    if (!ix || key == reserved_key) return {0, "no such key"};
    return counted([&](usearch_error_t* error) { return usearch_remove(ix->handle, key, error); });
}

char const* mu_rename(mu_index* ix, uint64_t from, uint64_t to) {
    if (!ix || from == reserved_key || to == reserved_key) return "no such key";
    mu_count renamed = counted([&](usearch_error_t* error) { return usearch_rename(ix->handle, from, to, error); });
    return renamed.error ? renamed.error : renamed.count == 1 ? nullptr : "no such key";
}

mu_count mu_search(mu_index* ix, float const* query, size_t ef, mu_bitmap const* allow, bool unmarked,
                   uint64_t* keys, float* distances) {
    if (!ix || !query || !keys || !distances) return {0, "missing argument"};
    if (ef < 1 || ef > max_ef) return {0, "beam width out of range"};
    if (allow && !allow->words && allow->bits) return {0, "no bitmap"};
    return counted([&](usearch_error_t* error) -> size_t {
        if (usearch_size(ix->handle, error) == 0) return 0;
        auto filter = allow ? in_bitmap : is_unmarked;
        size_t n = allow || unmarked
                       ? usearch_filtered_search(ix->handle, query, usearch_scalar_f32_k, ef, filter,
                                                 const_cast<mu_bitmap*>(allow), keys, distances, error)
                       : usearch_search(ix->handle, query, usearch_scalar_f32_k, ef, keys, distances, error);
        return std::min(n, ef);
    });
}

mu_count mu_reach(mu_index* ix, float const* query, uint64_t* keys, size_t capacity) {
    if (!ix || !query || (!keys && capacity)) return {0, "missing argument"};
    return counted([&](usearch_error_t* error) -> size_t {
        if (usearch_size(ix->handle, error) == 0) return 0;
        visit v{keys, capacity, 0};
        uint64_t none[1];
        float far[1];
        usearch_filtered_search(ix->handle, query, usearch_scalar_f32_k, 1, note_key, &v, none, far, error);
        return v.count;
    });
}

size_t mu_size(mu_index* ix) {
    return counted([&](usearch_error_t* error) { return usearch_size(ix->handle, error); }).count;
}

size_t mu_bytes(mu_index* ix) {
    return counted([&](usearch_error_t* error) { return usearch_memory_usage(ix->handle, error); }).count;
}

bool mu_contains(mu_index* ix, uint64_t key) {
    return counted([&](usearch_error_t* error) -> size_t { return usearch_contains(ix->handle, key, error); }).count;
}

char const* mu_acceleration(mu_index* ix) {
    char const* name = nullptr;
    guarded([&]() -> char const* {
        usearch_error_t error = nullptr;
        name = usearch_hardware_acceleration(ix->handle, &error);
        return error;
    });
    return name ? name : "unknown";
}

} // extern "C"
