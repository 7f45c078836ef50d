package domain

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Merge returns m changed by patch, as a JSON merge patch (RFC 7396) says: the fields of
// an object in patch replace those of m, or are merged into them where both are objects,
// null removes a field, and what patch does not name stays. A patch that is not an object
// replaces m whole. A string that holds a JSON object is taken as that object and stays a
// string; another string, or null, has no fields and is replaced. Numbers keep the digits
// with which they were sent.
func (m Metadata) Merge(patch Metadata) (Metadata, error) {
	if patch.Form != ObjectMetadata {
		return patch, nil
	}
	target, ok := m.Fields()
	if !ok {
		target = "{}"
	}
	merged, err := mergeObjects([]byte(target), []byte(patch.Text))
	if err != nil {
		return Metadata{}, Errorf(ErrInvalid, "metadata: %v", err)
	}
	form := ObjectMetadata
	if ok {
		form = m.Form
	}
	return Metadata{Form: form, Text: string(merged)}, nil
}

// member is a field of an object, its value as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// mergeObjects merges two objects. Fields of target keep their places, new ones follow.
func mergeObjects(target, patch []byte) ([]byte, error) {
	fields, err := members(target)
	if err != nil {
		return nil, err
	}
	changes, err := members(patch)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(fields)+len(changes))
	for i, f := range fields {
		at[f.name] = i
	}
	for _, change := range changes {
		i, known := at[change.name]
		if !known {
			i = len(fields)
			at[change.name] = i
			fields = append(fields, member{name: change.name})
		}
		if fields[i].value, err = mergeValue(fields[i].value, change.value); err != nil {
			return nil, err
		}
	}
	return joined(fields)
}

// mergeValue returns the value that a field with the value target has after patch; nil
// is none.
func mergeValue(target, patch json.RawMessage) (json.RawMessage, error) {
	switch {
	case string(patch) == "null":
		return nil, nil
	case patch[0] != '{':
		return patch, nil
	case len(target) == 0 || target[0] != '{':
		target = json.RawMessage("{}") // merging into nothing takes the nulls out of patch
	}
	return mergeObjects(target, patch)
}

// members returns the fields of a JSON object in their order, the last one where a name
// comes twice.
func members(object []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("not a JSON object"), err)
	}
	var list []member
	at := map[string]int{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{}
		m.name, _ = t.(string) // the decoder takes nothing else here
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		if i, twice := at[m.name]; twice {
			list[i] = m
			continue
		}
		at[m.name] = len(list)
		list = append(list, m)
	}
	return list, nil
}

// joined returns the object with the fields that have a value.
func joined(fields []member) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for _, f := range fields {
		if f.value == nil {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		if err := enc.Encode(f.name); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // the encoder ends a line
		b.WriteByte(':')
		if err := json.Compact(&b, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
