package provider

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Kind says what became of a call that failed.
type Kind int

// The kinds of failures.
const (
	Failed   Kind = iota // the provider failed, or answered what it must not
	TimedOut             // no answer came in time
	Busy                 // the provider takes no more for now
)

// Failure is a call that failed. Its message is one short line without key or password.
type Failure struct {
	Kind    Kind
	Message string
	Said    string   // what in Message are words of the provider; ""
	Refusal *Refusal // nil if there was no answer, or a bad one
	// RetryAfter is how long the provider asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	Oversize   bool // the answer had more bytes than the caller takes

	again bool // another try may do
}

// Refusal is an answer with a status that is not 2xx.
type Refusal struct {
	Status  int
	Message string // of the provider, as it was sent; empty if it gives none
	Code    string // of the provider; empty if it gives none
}

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// failed returns a Failure that another try does not help.
func failed(format string, args ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, args...)}
}

// TooMuch reports whether the provider refused a call because its texts are too long or too
// many. The words are those of OpenAI, vLLM, TEI, llama.cpp, Ollama and DashScope; there is
// no code for it that two of them share.
func (f *Failure) TooMuch() bool {
	if f.Refusal == nil {
		return false
	}
	switch f.Refusal.Status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return beyond.MatchString(strings.ToLower(f.Refusal.Message))
	default:
		return false
	}
}

var beyond = regexp.MustCompile(`exceed|too (long|large|many)|larger than|less than \d+ tokens|max(imum)? (context|input|allowed|length|\d+ tokens)`)
