package origin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// checkOrigin returns an error of the kind ErrOrigin if a browser sent r for a page of an
// origin that is neither ours nor allowed. What a page can send without asking first is
// not little: POST with any text as its body, and GET of everything.
func (p *Policy) checkOrigin(r *http.Request, keyed bool) error {
	sent := r.Header["Origin"]
	if len(sent) == 0 && len(r.Header["Sec-Fetch-Site"]) == 0 {
		return nil // not a page, or a page of ours in an old browser
	}
	if p.allows(sent) {
		return nil
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		if keyed || len(sent) == 0 && followsLink(r) {
			return nil
		}
	}
	// The standard library lets all GETs pass, which is too much where reading needs no key.
	as := http.Request{Method: http.MethodPost, Host: strings.ToLower(r.Host), Header: r.Header, URL: r.URL}
	if p.same.Check(&as) != nil {
		return ErrOrigin
	}
	return nil
}

// allows reports whether a request with these Origin headers is from a page of an allowed
// origin.
func (p *Policy) allows(sent []string) bool {
	return len(sent) == 1 && (p.anyOrigin || p.origins[sent[0]])
}

// followsLink reports whether a user follows a link to us, or has typed it: the answer is
// shown in a window of its own, where the page with the link cannot read it.
func followsLink(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// parseOrigin returns an entry of Options.Origins as browsers send it.
func parseOrigin(entry string) (string, error) {
	if entry == every {
		return every, nil
	}
	u, err := url.Parse(entry)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsAny(entry, "?#*") || strings.HasSuffix(u.Host, ":") || strings.ContainsFunc(entry, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", fmt.Errorf("%.80q is not an origin such as https://app.example.org or http://localhost:3000, nor *: leave out the path, with its slash", entry)
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		host = strings.TrimSuffix(host, ":"+port) // as browsers do
	}
	return u.Scheme + "://" + host, nil
}
