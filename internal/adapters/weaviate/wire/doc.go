// Package wire speaks to a Weaviate cluster: schema, tenants and single objects by REST,
// searches and batches by gRPC, which is faster. Requests are spread over the nodes, and
// repeated elsewhere where that is safe.
//
// The messages of gRPC are written and read field by field after Weaviate's published
// protocol (weaviate.v1, version 1.35); nothing of Weaviate is linked.
package wire
