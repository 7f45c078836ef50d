// The peer every ratio is taken to: hnswlib as Debian ships it, float32, inner product.
//
//   hnswlib ROWS QUERIES ANSWERS M EF_CONSTRUCTION METRIC(ip|l2)
#include <hnswlib/hnswlib.h>

#include <memory>

#include "peer.hpp"

struct engine {
    size_t m, ef_construction;
    bool l2;
    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> index;

    void build(vectors const& rows, size_t threads) {
        index.reset();
        if (l2) space.reset(new hnswlib::L2Space(rows.dims));
        else space.reset(new hnswlib::InnerProductSpace(rows.dims));
        index.reset(new hnswlib::HierarchicalNSW<float>(space.get(), rows.count, m, ef_construction));
        index->addPoint(rows.row(0), 1); // the first one alone, as hnswlib's examples do
        parallel(rows.count - 1, threads, [&](size_t i, size_t) { index->addPoint(rows.row(i + 1), i + 2); });
    }
    size_t bytes() {
        size_t links = 0; // of the upper levels
        for (size_t i = 0; i < index->cur_element_count; i++)
            links += index->element_levels_[i] * index->size_links_per_element_;
        return index->max_elements_ * (index->size_data_per_element_ + sizeof(void*)) + links;
    }
    void set_ef(size_t ef, size_t) { index->setEf(ef); }
    void search(float const* query, size_t k, int32_t* ids) {
        auto found = index->searchKnn(query, k);
        for (size_t i = found.size(); i-- > 0; found.pop()) ids[i] = (int32_t)found.top().second;
    }
};

int main(int argc, char** argv) {
    if (argc != 7) return 2;
    engine e;
    e.m = std::atoi(argv[4]), e.ef_construction = std::atoi(argv[5]), e.l2 = std::string(argv[6]) == "l2";
    return serve(e, argv[1], argv[2], argv[3]);
}
