package provider

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/memista/memista/internal/domain"
)

const (
	mostRunes = 300 // of a message of a provider that is shown
	keyHidden = "[key]"
	// keyPart is how much of a key may stand in a message: providers show a few characters
	// so that one knows which key it was.
	keyPart = 8
)

var (
	masked   = regexp.MustCompile(`[\w.-]*\*{3,}[\w.*-]*`)
	userinfo = regexp.MustCompile(`://[^/\s@]+@`)
)

// clean makes one line of a message of the provider, short, and without the key or a
// password.
func clean(message string, key domain.Secret) string {
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, " "))
	message = withoutKey(message, key.Reveal())
	message = masked.ReplaceAllLiteralString(message, keyHidden)
	message = userinfo.ReplaceAllLiteralString(message, "://")
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > mostRunes {
		message = string(runes[:mostRunes]) + "…"
	}
	return strings.TrimRight(message, ". ")
}

// withoutKey hides key, its usual encodings, and every part of it of keyPart bytes.
func withoutKey(message, key string) string {
	if key == "" {
		return message
	}
	for _, form := range []string{
		key, url.QueryEscape(key), base64.StdEncoding.EncodeToString([]byte(key)), base64.RawURLEncoding.EncodeToString([]byte(key)),
	} {
		message = strings.ReplaceAll(message, form, keyHidden)
	}
	var b strings.Builder
	for at := 0; at < len(message); {
		n := sharedPart(message[at:], key)
		if n == 0 {
			b.WriteByte(message[at])
			at++
			continue
		}
		b.WriteString(keyHidden)
		at += n
	}
	return b.String()
}

// sharedPart returns how many bytes at the beginning of s are a part of key; 0 if fewer
// than keyPart.
func sharedPart(s, key string) int {
	n := keyPart
	for n <= len(s) && strings.Contains(key, s[:n]) {
		n++
	}
	if n == keyPart {
		return 0
	}
	return n - 1
}

// explain finds message and code in the body of an error, in the forms that providers use:
// {"error":{"message":…,"code":…}}, {"message":…}, {"error":…}, {"detail":…} or
// {"status":{"error":…}}.
func explain(body []byte) (message, code string) {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Status  json.RawMessage `json:"status"`
		Code    json.RawMessage `json:"code"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", ""
	}
	var inner struct {
		Message json.RawMessage `json:"message"`
		Code    json.RawMessage `json:"code"`
		Type    json.RawMessage `json:"type"`
	}
	if json.Unmarshal(answer.Error, &inner) == nil && inner.Message != nil {
		if code = text(inner.Code); code == "" {
			code = text(inner.Type)
		}
		return text(inner.Message), code
	}
	var status struct {
		Error json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(answer.Status, &status) // where it is something else it says nothing
	for _, m := range []json.RawMessage{answer.Message, answer.Error, answer.Detail, status.Error} {
		if message = text(m); message != "" {
			break
		}
	}
	return message, text(answer.Code)
}

// text returns a JSON string as it is, and another value as JSON.
func text(raw json.RawMessage) string {
	var s string
	if raw == nil || string(raw) == "null" {
		return ""
	}
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func looksLikeHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 100)])), "<")
}
