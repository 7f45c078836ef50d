// Makes an index file as the original memista does, by the C interface of USearch:
// inner product, 32-bit floats, many vectors per key allowed.
//
//   make PATH COUNT DIMS     keys 1 to COUNT, key 3 removed again; component j of key i
//                            is i * 0.25 - j
//
// The files beside this one were made with COUNT 5 and 100, DIMS 2.
#include <stdio.h>
#include <stdlib.h>
#include <usearch.h>

static void check(usearch_error_t error) {
    if (!error) return;
    fprintf(stderr, "%s\n", error);
    exit(1);
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    int count = atoi(argv[2]), dims = atoi(argv[3]);
    usearch_error_t error = NULL;
    usearch_init_options_t options = {0};
    options.metric_kind = usearch_metric_ip_k;
    options.quantization = usearch_scalar_f32_k;
    options.dimensions = dims;
    options.multi = true;
    usearch_index_t index = usearch_init(&options, &error);
    check(error);
    usearch_reserve(index, count + 1, &error), check(error);
    float* v = malloc(sizeof(float) * dims);
    for (int i = 1; i <= count; i++) {
        for (int j = 0; j < dims; j++) v[j] = i * 0.25f - j;
        usearch_add(index, i, v, usearch_scalar_f32_k, &error), check(error);
    }
    if (count >= 3) usearch_remove(index, 3, &error), check(error);
    usearch_save(index, argv[1], &error), check(error);
    usearch_free(index, &error);
    free(v);
    return 0;
}
