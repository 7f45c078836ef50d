// A bare loop over the C interface of USearch: what its adapter is measured against.
//
//   usearch ROWS QUERIES ANSWERS M EF_CONSTRUCTION METRIC(ip|cos|l2) KIND(f32|bf16|f16|i8)
extern "C" {
#include <usearch.h>
}

#include "peer.hpp"

static void check(usearch_error_t error) {
    if (!error) return;
    std::fprintf(stderr, "usearch: %s\n", error);
    std::exit(1);
}

struct engine {
    usearch_init_options_t options{};
    usearch_index_t index = nullptr;

    void set_threads(size_t threads) {
        usearch_error_t error = nullptr;
        usearch_change_threads_add(index, threads, &error), check(error);
        usearch_change_threads_search(index, threads, &error), check(error);
    }
    void build(vectors const& rows, size_t threads) {
        usearch_error_t error = nullptr;
        if (index) usearch_free(index, &error), check(error);
        options.dimensions = rows.dims;
        index = usearch_init(&options, &error), check(error);
        usearch_reserve(index, rows.count, &error), check(error);
        set_threads(threads);
        parallel(rows.count, threads, [&](size_t i, size_t) {
            usearch_error_t error = nullptr;
            usearch_add(index, i + 1, rows.row(i), usearch_scalar_f32_k, &error), check(error);
        });
    }
    size_t bytes() {
        usearch_error_t error = nullptr;
        return usearch_memory_usage(index, &error);
    }
    void set_ef(size_t ef, size_t threads) {
        usearch_error_t error = nullptr;
        usearch_change_expansion_search(index, ef, &error), check(error);
        set_threads(threads);
    }
    void search(float const* query, size_t k, int32_t* ids) {
        usearch_key_t keys[256];
        usearch_distance_t distances[256];
        usearch_error_t error = nullptr;
        size_t n = usearch_search(index, query, usearch_scalar_f32_k, k, keys, distances, &error);
        check(error);
        for (size_t i = 0; i < k; i++) ids[i] = i < n ? (int32_t)keys[i] : 0;
    }
};

int main(int argc, char** argv) {
    if (argc != 8) return 2;
    engine e;
    std::string metric = argv[6], kind = argv[7];
    e.options.connectivity = std::atoi(argv[4]), e.options.expansion_add = std::atoi(argv[5]);
    e.options.metric_kind = metric == "cos" ? usearch_metric_cos_k : metric == "l2" ? usearch_metric_l2sq_k : usearch_metric_ip_k;
    e.options.quantization = kind == "bf16" ? usearch_scalar_bf16_k : kind == "f16" ? usearch_scalar_f16_k
                           : kind == "i8" ? usearch_scalar_i8_k : usearch_scalar_f32_k;
    return serve(e, argv[1], argv[2], argv[3]);
}
