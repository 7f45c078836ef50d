// Package provider calls the API of a provider of models over HTTP: it bounds time, answers
// and how many calls there are at once, tries again what may do, and lets neither keys nor
// passwords into errors. What is asked and how answers are read belongs to its callers, the
// adapters of embedders and rerankers.
package provider
