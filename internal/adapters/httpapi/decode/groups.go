package decode

import (
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

var groupsFields = []string{"query", "by", "groups", "group_size", "include", "encoding"}

// Groups reads the body of POST /v1/databases/{id}/groups, all but the database, and whether
// embeddings are to be sent in base64.
func Groups(body []byte) (in app.Groups, base64 bool, err error) {
	var d Queries
	s := &d.scan
	s.Reset(body)
	in.Fields = domain.DefaultFields
	seen, err := s.Object(groupsFields, func(field int) (err error) {
		if field > 1 && s.Null() {
			return nil
		}
		switch groupsFields[field] {
		case "query":
			_, err = s.Object(groupQueryFields, func(field int) error { return d.queryField(groupQueryAt[field], &in.Query) })
		case "by":
			in.By, err = notEmpty(s)
		case "groups":
			in.Groups, err = positive(s)
		case "group_size":
			in.Size, err = positive(s)
		case "include":
			in.Fields, err = include(s)
		case "encoding":
			base64, err = encoding(s)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(groupsFields, seen, 0b11)
	}
	in.Query.Embedding = d.floats
	return in, base64, err
}

// groupQueryFields are the fields of a query for groups, which has no number of hits of its
// own, and groupQueryAt where they are among queryFields.
var groupQueryFields, groupQueryAt = groupQuery()

func groupQuery() (names []string, at []int) {
	for i, name := range queryFields {
		switch name {
		case "k", "offset", "rerank", "mmr":
		default:
			names, at = append(names, name), append(at, i)
		}
	}
	return names, at
}
