package chromadiff

import (
	"strings"
)

// difference is one that is on purpose.
type difference struct {
	name string
	// is reports whether the answers to a request differ for this reason.
	is func(r *request, theirs, ours answer) bool
}

// differences are those on purpose, which docs/compatibility.md tells too.
var differences = []difference{
	{"an id that is not there is left out of a query", func(r *request, theirs, ours answer) bool {
		return r.kind == "query" && theirs.status == 500 && strings.Contains(theirs.body, "Error finding id") && ours.status == 200
	}},
	{"the server of Chroma failed", func(_ *request, theirs, ours answer) bool {
		return (theirs.status >= 500 || theirs.status == 0) && ours.status < 500
	}},
	{"a body that is neither JSON nor of the right types", func(r *request, theirs, ours answer) bool {
		return r.kind == "malformed" && (theirs.status == 400 || theirs.status == 422) && (ours.status == 400 || ours.status == 422)
	}},
	{lengthOfNothing, func(r *request, theirs, ours answer) bool {
		return theirs.status == 400 && ours.status < 300 && strings.Contains(theirs.body, "Collection expecting embedding with dimension of")
	}},
	{"errors have a body", func(_ *request, theirs, ours answer) bool {
		return theirs.status == ours.status && theirs.status >= 400 && theirs.body == ""
	}},
}

// lengthOfNothing is a difference that shows in collections, too.
const lengthOfNothing = "an update of records that are not there does not say how long vectors are"

// onPurpose returns the name of the difference that explains the answers; "": none does.
func onPurpose(r *request, theirs, ours answer) string {
	for _, d := range differences {
		if d.is(r, theirs, ours) {
			return d.name
		}
	}
	return ""
}
