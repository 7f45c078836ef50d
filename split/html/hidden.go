package html

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxOpen bounds what is kept of elements that are not shown. What is nested deeper is shown.
const maxOpen = 10_000

// unseen are the open elements from one on that is not shown; none: all is shown. Where it is
// in doubt whether that has ended, it has: text that is read too much does less harm than
// text that is lost.
type unseen []html.Token

// takes reports whether t is a part of what is not shown.
func (u *unseen) takes(t html.Token) bool {
	switch {
	case len(*u) == 0:
		if !begins(t) {
			return false
		}
		*u = append(*u, html.Token{Data: t.Data, DataAtom: t.DataAtom})
	case t.Type == html.StartTagToken && !void[t.DataAtom]:
		u.leave(t)
		if len(*u) == 0 || len(*u) == maxOpen {
			*u = nil
			return u.takes(t)
		}
		*u = append(*u, html.Token{Data: t.Data, DataAtom: t.DataAtom})
	case t.Type == html.EndTagToken:
		for i := len(*u) - 1; i >= 0; i-- {
			if (*u)[i].Data == t.Data {
				*u = (*u)[:i]
				return true
			}
		}
		*u = nil // an element around it has ended
		return false
	}
	return true
}

// leave ends the elements that a start tag ends.
func (u *unseen) leave(t html.Token) {
	for len(*u) > 0 {
		last := (*u)[len(*u)-1].DataAtom
		of, by := siblings[last], siblings[t.DataAtom]
		paragraph := last == atom.P && t.DataAtom != 0 && (by > 0 || !inLine[t.DataAtom])
		if !paragraph && (of == 0 || of != by && (of < inTable || by < of)) {
			return
		}
		*u = (*u)[:len(*u)-1]
	}
}

// begins reports whether t begins an element that is not shown. A whole page is: those that
// hide it show it by a script.
func begins(t html.Token) bool {
	if t.Type != html.StartTagToken || void[t.DataAtom] || t.DataAtom == atom.Html || t.DataAtom == atom.Body {
		return false
	}
	if t.DataAtom == atom.Noscript {
		return true
	}
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			return !strings.EqualFold(strings.TrimSpace(a.Val), "until-found") // which a search shows
		case "style":
			style := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			for rule := range strings.SplitSeq(style, ";") {
				if rule, _, _ = strings.Cut(rule, "!"); rule == "display:none" || rule == "visibility:hidden" {
					return true
				}
			}
		}
	}
	return false
}

// inTable is the first number of siblings that a higher one ends, too.
const inTable = 4

// siblings are elements that another one of the same number ends.
var siblings = map[atom.Atom]int{
	atom.Li: 1, atom.Dt: 2, atom.Dd: 2, atom.Option: 3,
	atom.Td: inTable, atom.Th: inTable, atom.Tr: 5, atom.Tbody: 6, atom.Thead: 6, atom.Tfoot: 6,
}

// void are the elements that have no end.
var void = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true, atom.Input: true,
	atom.Link: true, atom.Meta: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
}
