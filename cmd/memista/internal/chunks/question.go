package chunks

import (
	"slices"
	"strings"
	"unicode"
)

// asking are the English words that questions are made with and that say nothing of what is
// asked for: articles, pronouns, auxiliary verbs and question words. Texts that answer, such
// as manuals, have some of them seldom, so that ranking by words takes them for the ones that
// matter.
var asking = strings.Fields(`a an the i me my mine we us our you your it its he him his she her they them their
	am is are was were be been being do does did doing have has had having can could shall should will would may might must
	how what which who whom whose when where why there this that these those please`)

// topic returns a question without such words and without the mark at its end, to look for
// its words; the question itself if nothing is left of it, or if it has a phrase in quotes.
func topic(question string) string {
	if strings.Contains(question, `"`) {
		return question
	}
	question = strings.TrimRight(question, "?!. ")
	words := slices.DeleteFunc(strings.Fields(question), func(w string) bool {
		w = strings.ToLower(strings.TrimFunc(w, unicode.IsPunct))
		w, _, _ = strings.Cut(strings.ReplaceAll(w, "’", "'"), "'") // what's, I'm, don't
		return slices.Contains(asking, w)
	})
	if len(words) == 0 {
		return question
	}
	return strings.Join(words, " ")
}
