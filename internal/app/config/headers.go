package config

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// OTLPHeader reads OTLPHeaders, in the form that OpenTelemetry has for them: name=value,
// several separated by commas, values percent-encoded. Errors do not tell what they are.
func (c Config) OTLPHeader() (http.Header, error) { return parseHeaders(c.OTLPHeaders) }

func checkHeaders(text string) error {
	_, err := parseHeaders(text)
	return err
}

func parseHeaders(text string) (http.Header, error) {
	header := http.Header{}
	if strings.TrimSpace(text) == "" {
		return header, nil
	}
	for i, entry := range strings.Split(text, ",") {
		name, encoded, ok := strings.Cut(strings.TrimSpace(entry), "=")
		value, err := url.PathUnescape(strings.TrimSpace(encoded))
		if name = strings.TrimSpace(name); !ok || err != nil || !isToken(name) || !isHeaderValue(value) {
			return nil, fmt.Errorf("entry %d is not of the form name=value, with a percent-encoded value of printable characters", i+1)
		}
		header.Add(name, value)
	}
	return header, nil
}

// isToken reports whether name can be that of a header (RFC 9110).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// isHeaderValue reports whether nothing in value would end the header, or be taken for
// something else.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
