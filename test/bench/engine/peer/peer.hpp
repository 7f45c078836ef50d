// What the C++ peers of the engine benchmark share: they read vectors from fvecs files,
// then obey commands on standard input, so that the benchmark can interleave them with
// the Go engines in one run:
//
//   build THREADS            answers: seconds bytes
//   search EF K THREADS MIN  runs all queries again and again for at least MIN seconds;
//                            answers: seconds queries, and writes the ids of the last
//                            pass to the answer file, as int32, K for each query
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

struct vectors {
    std::vector<float> flat;
    size_t dims = 0, count = 0;
    float const* row(size_t i) const { return flat.data() + i * dims; }
};

inline vectors read_fvecs(char const* path) {
    vectors v;
    std::ifstream in(path, std::ios::binary);
    for (int32_t dims; in.read((char*)&dims, 4);) {
        v.dims = dims;
        v.flat.resize((v.count + 1) * v.dims);
        if (!in.read((char*)(v.flat.data() + v.count * v.dims), 4 * dims)) break;
        v.count++;
    }
    if (!v.count) {
        std::fprintf(stderr, "no vectors in %s\n", path);
        std::exit(1);
    }
    return v;
}

// parallel calls work(i, thread) for every i below n.
template <typename work_t> void parallel(size_t n, size_t threads, work_t work) {
    if (threads <= 1) {
        for (size_t i = 0; i < n; i++) work(i, 0);
        return;
    }
    std::atomic<size_t> next{0};
    std::vector<std::thread> pool;
    for (size_t t = 0; t < threads; t++)
        pool.emplace_back([&, t] {
            for (size_t i; (i = next.fetch_add(1)) < n;) work(i, t);
        });
    for (auto& t : pool) t.join();
}

// now is the time, or with MEMISTA_BENCH_CPU the processor time spent.
inline double now() {
    static bool const cpu = std::getenv("MEMISTA_BENCH_CPU") != nullptr;
    if (cpu) {
        timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return t.tv_sec + t.tv_nsec * 1e-9;
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// serve obeys commands. An engine has build(rows, threads), bytes(), set_ef(ef, threads)
// and search(query, k, ids), which writes k ids.
template <typename engine_t>
int serve(engine_t& engine, char const* rows_path, char const* queries_path, char const* answer_path) {
    vectors rows = read_fvecs(rows_path), queries = read_fvecs(queries_path);
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream in(line);
        std::string verb;
        in >> verb;
        if (verb == "build") {
            size_t threads;
            in >> threads;
            double start = now();
            engine.build(rows, threads);
            double took = now() - start;
            std::cout << took << " " << engine.bytes() << std::endl;
        } else if (verb == "search") {
            size_t ef, k, threads, done = 0;
            double min_seconds, took;
            in >> ef >> k >> threads >> min_seconds;
            engine.set_ef(ef, threads);
            std::vector<int32_t> ids(queries.count * k);
            double start = now();
            do {
                parallel(queries.count, threads, [&](size_t i, size_t) { engine.search(queries.row(i), k, &ids[i * k]); });
                done += queries.count;
            } while ((took = now() - start) < min_seconds);
            std::ofstream(answer_path, std::ios::binary).write((char*)ids.data(), ids.size() * 4);
            std::cout << took << " " << done << std::endl;
        }
    }
    return 0;
}
