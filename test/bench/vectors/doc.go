// Package vectors makes and loads the data that benchmarks and recall tests run on: a
// generated set with the structure of real text embeddings, real GloVe word vectors,
// held-out queries, and exact answers. Everything is seeded, and what is slow to make is
// kept in the user's cache directory.
package vectors
