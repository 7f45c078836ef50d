// Package split cuts documents into passages of a size that suits embeddings and searches.
//
// Cutting has two steps. A reader takes a document apart into blocks: headings, paragraphs
// and code ([Text], [Markdown], [Code]; packages html, docx and pdf below this one have
// others). [Document.Passages] puts blocks together until a passage is as large as asked
// for. A heading begins a new passage, and a block that fits into a passage is never cut.
//
// The same document and options always give the same passages. Sizes are in tokens, as
// [Tokens] estimates them. All functions are safe for concurrent use.
package split
