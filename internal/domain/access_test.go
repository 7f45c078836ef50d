package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestReach(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		in, out []string
	}{
		{"*", []string{"a", "A.b-c_1"}, nil},
		{"team-a", []string{"team-a", "TEAM-A"}, []string{"team-", "team-ab", "xteam-a"}},
		{"team-*", []string{"team-", "team-x", "Team-x.y"}, []string{"team", "xteam-"}},
		{"*-dev", []string{"-dev", "a-dev", "a-dev-dev"}, []string{"a-dev1", "dev"}},
		{"a*b*c", []string{"abc", "aXbYc", "abbcc", "a.b.b.c.c"}, []string{"ab", "acb", "abcd"}},
		{"v?", []string{"v1", "vx"}, []string{"v", "v12"}},
		{"?*?", []string{"ab", "abc"}, []string{"a"}},
		{"a.c", []string{"a.c"}, []string{"abc"}},
		{"**", []string{"x"}, nil},
	} {
		g := domain.Grant{Databases: []string{"other", tt.pattern}}
		for _, id := range tt.in {
			if !g.Reaches(id) {
				t.Errorf("%q does not reach %q", tt.pattern, id)
			}
		}
		for _, id := range tt.out {
			if g.Reaches(id) {
				t.Errorf("%q reaches %q", tt.pattern, id)
			}
		}
	}
	// A pattern made to be slow is not.
	slow := domain.Grant{Databases: []string{strings.Repeat("a*", 64)}}
	if slow.Reaches(strings.Repeat("a", 127)+"b") != true || slow.Reaches(strings.Repeat("a", 63)) {
		t.Error("a pattern of 64 stars is misread")
	}
}

func TestPatterns(t *testing.T) {
	for _, good := range []string{"*", "a", "a-*_?.b", ".x", strings.Repeat("a", 128)} {
		if err := domain.CheckPattern(good); err != nil {
			t.Errorf("CheckPattern(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{"", "a/b", "a b", "[a]", "a,b", "é", strings.Repeat("a", 129)} {
		if err := domain.CheckPattern(bad); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("CheckPattern(%q) = %v; want ErrInvalid", bad, err)
		}
	}
}

func TestScopes(t *testing.T) {
	s, err := domain.ParseScopes([]string{"write", "read", "read"})
	if err != nil || strings.Join(s.Names(), " ") != "read write" {
		t.Errorf("ParseScopes = %v, %v", s.Names(), err)
	}
	for _, bad := range [][]string{nil, {""}, {"read", "root"}, {"READ"}} {
		if _, err := domain.ParseScopes(bad); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("ParseScopes(%q) = %v; want ErrInvalid", bad, err)
		}
	}
	for _, tt := range []struct {
		has, want domain.Scope
		ok        bool
	}{
		{domain.ScopeRead, domain.ScopeRead, true},
		{domain.ScopeRead, domain.ScopeWrite, false},
		{domain.ScopeWrite, domain.ScopeRead, false},
		{domain.ScopeRead | domain.ScopeWrite, domain.ScopeAdmin, false},
		{domain.ScopeAdmin, domain.ScopeWrite, true},
		{domain.ScopeAdmin, domain.ScopeMonitor, true},
		{domain.ScopeMonitor, domain.ScopeRead, false},
	} {
		g := domain.Grant{Scopes: tt.has}
		if g.Allows(tt.want) != tt.ok {
			t.Errorf("a key with %v allows %v: %v; want %v", tt.has.Names(), tt.want.Names(), !tt.ok, tt.ok)
		}
	}
}
