package remote

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// failure is a call that failed, before it is an error of the port.
type failure struct {
	kind    error
	message string
	refusal *Refusal      // nil if there was no answer, or a bad one
	again   bool          // another try may do
	after   time.Duration // that the provider asks to wait
}

// Error returns the message. Nobody outside of the package sees it.
func (f *failure) Error() string { return f.message }

// failed returns a failure that another try does not help.
func failed(format string, args ...any) *failure {
	return &failure{kind: domain.ErrEmbedder, message: fmt.Sprintf(format, args...)}
}

// asError makes what callers see of what a call returned.
func asError(err error, ref domain.EmbedderRef) error {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	e := &domain.EmbedderError{Kind: f.kind, Ref: ref, Message: f.message}
	if errors.Is(f.kind, domain.ErrEmbedderBusy) {
		e.RetryAfter = f.after
	}
	return e
}

// tooMuch reports whether the provider refused a call because its texts are too long or too
// many. The words are those of OpenAI, vLLM, TEI, llama.cpp, Ollama and DashScope; there is
// no code for it that two of them share.
func (f *failure) tooMuch() bool {
	if f.refusal == nil {
		return false
	}
	switch f.refusal.Status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return beyond.MatchString(strings.ToLower(f.refusal.Message))
	default:
		return false
	}
}

var beyond = regexp.MustCompile(`exceed|too (long|large|many)|larger than|less than \d+ tokens|max(imum)? (context|input|allowed|length|\d+ tokens)`)
