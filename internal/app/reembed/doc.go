// Package reembed gives databases another embedder, as a job: embeddings by its model are
// made from the stored texts, beside those that are searched, and take their place in one
// step when each chunk has one.
package reembed
