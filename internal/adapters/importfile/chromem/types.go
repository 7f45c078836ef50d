package chromem

// Definitions of types are values themselves, of types that every stream has: a wireType has
// one of ArrayT, SliceT, StructT, MapT, GobEncoderT, BinaryMarshalerT and TextMarshalerT, each
// with a CommonType first.
var (
	commonType = form{kind: 's', fields: []field{{"Name", stringType}, {"Id", intType}}}
	fieldType  = form{kind: 's', fields: []field{{"Name", stringType}, {"Id", intType}}}
	wireType   = form{kind: 's', fields: []field{{"ArrayT", 0}, {"SliceT", 0}, {"StructT", 0}, {"MapT", 0}, {"Gob", 0}, {"Binary", 0}, {"Text", 0}}}

	listDefinition   = form{kind: 's', fields: []field{{"Common", 0}, {"Elem", intType}, {"Len", intType}}}
	structDefinition = form{kind: 's', fields: []field{{"Common", 0}, {"Field", 0}}}
	mapDefinition    = form{kind: 's', fields: []field{{"Common", 0}, {"Key", intType}, {"Elem", intType}}}
	opaqueDefinition = form{kind: 's', fields: []field{{"Common", 0}}}
)

// definition reads the definition of a type.
func (g *gob) definition() (f form, err error) {
	err = g.fields(wireType, func(one field) error {
		switch one.name {
		case "ArrayT", "SliceT":
			f.kind = 'l'
			return g.part(listDefinition, &f)
		case "StructT":
			f.kind = 's'
			return g.part(structDefinition, &f)
		case "MapT":
			f.kind = 'm'
			return g.part(mapDefinition, &f)
		}
		return g.part(opaqueDefinition, &f)
	})
	return f, err
}

// part reads what is in one of the fields of a wireType.
func (g *gob) part(of form, f *form) error {
	return g.fields(of, func(one field) (err error) {
		switch one.name {
		case "Common":
			return g.fields(commonType, func(part field) error { return g.skip(part.typ, 0) })
		case "Key":
			f.key, err = g.int()
		case "Elem":
			f.elem, err = g.int()
		case "Len":
			_, err = g.int()
		case "Field":
			f.fields, err = g.fieldList()
		}
		return err
	})
}

// fieldList reads the names and types of the fields of a struct.
func (g *gob) fieldList() (all []field, err error) {
	n, err := g.uint()
	if err != nil {
		return nil, err
	}
	if n > mostField {
		return nil, damaged("a type of %d fields", n)
	}
	for range n {
		var one field
		err := g.fields(fieldType, func(part field) (err error) {
			if part.name == "Name" {
				one.name, err = g.text()
				return err
			}
			one.typ, err = g.int()
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
