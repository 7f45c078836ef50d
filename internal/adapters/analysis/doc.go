// Package analysis says how texts and the terms of a query become what FTS5 indexes and
// looks for, for every domain.Tokenizer. All folding, splitting and stemming is done here,
// so that it is the same with both SQLite drivers; FTS5 is handed tokens that it takes
// apart at spaces and changes no further.
package analysis
