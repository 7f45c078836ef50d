package analysis

import (
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Analyzer makes what FTS5 indexes of texts, and its query language of terms. It is safe
// for concurrent use.
type Analyzer struct {
	name    string
	columns []string
	values  func(text string) []string // what each column has of a text
	term    func(t domain.TextTerm) string
}

// The version behind each name rises whenever a text or a term comes to something else
// than before: an index of another version is made again.
var analyzers = map[domain.Tokenizer]*Analyzer{
	domain.Words:   {name: "words 2", columns: []string{"words"}, values: wordValues, term: wordTerm},
	domain.English: {name: "english 1", columns: []string{"words", "stems"}, values: englishValues, term: englishTerm},
	domain.Trigram: {name: "trigram 1", columns: []string{"grams"}, values: gramValues, term: gramTerm},
}

// Of returns the analyzer of a tokenizer, or ErrUnsupported if there is none.
func Of(t domain.Tokenizer) (*Analyzer, error) {
	a, known := analyzers[t]
	if !known {
		return nil, domain.Errorf(domain.ErrUnsupported, "this build does not know the tokenizer %q: use a newer memista", string(t))
	}
	return a, nil
}

// Named returns the analyzer with that Name, or nil.
func Named(name string) *Analyzer {
	for _, a := range analyzers {
		if a.name == name {
			return a
		}
	}
	return nil
}

// Names returns the Name of every analyzer.
func Names() []string {
	var names []string
	for _, a := range analyzers {
		names = append(names, a.name)
	}
	slices.Sort(names)
	return names
}

// Name identifies the analyzer and its version.
func (a *Analyzer) Name() string { return a.name }

// Table returns the SQL that makes a text index called name. It holds tokens only and no
// texts, and removes a row without knowing what was in it. The tokenizer ascii ends
// tokens at ASCII characters that are no letter or digit, and tokens have no others.
func (a *Analyzer) Table(name string) string {
	return "CREATE VIRTUAL TABLE " + name + " USING fts5 (\n\t" + strings.Join(a.columns, ", ") +
		", content = '', contentless_delete = 1, tokenize = 'ascii'\n)"
}

// Insert returns the SQL that puts a row into the text index called name, which takes the
// row's id and Values. With replace there may be one with that id.
func (a *Analyzer) Insert(name string, replace bool) string {
	verb := "INSERT INTO "
	if replace {
		verb = "INSERT OR REPLACE INTO "
	}
	return verb + name + " (rowid, " + strings.Join(a.columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(a.columns)) + ")"
}

// Values returns what the columns have of a text.
func (a *Analyzer) Values(text string) []string { return a.values(text) }

// Expression writes terms in FTS5's query language: each is in quotes, inside of which
// nothing but the quote itself has a meaning, and no token has one. It is "" if there is
// nothing to look for.
func (a *Analyzer) Expression(terms []domain.TextTerm, all bool) string {
	between := " OR "
	if all {
		between = " AND "
	}
	var parts []string
	for _, t := range terms {
		if part := a.term(t); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, between)
}
