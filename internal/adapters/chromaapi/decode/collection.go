package decode

import (
	"github.com/memista/memista/internal/adapters/chromaapi/config"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// Collection is a collection to make.
type Collection struct {
	Name        string
	Config      config.Config
	GetOrCreate bool // if there is one of that name, it is what is asked for
}

var collectionFields = []string{"name", "metadata", "configuration", "get_or_create"}

// NewCollection reads the body of a request to make a collection.
func NewCollection(body []byte) (c Collection, err error) {
	var s wire.Scanner
	var metadata, configuration []byte
	seen, err := object(&s, body, collectionFields, func(field int) (err error) {
		switch collectionFields[field] {
		case "name":
			c.Name, err = text(&s)
		case "metadata":
			metadata, err = collectionMetadata(&s, "metadata", false)
		case "configuration":
			configuration, err = value(&s)
		case "get_or_create":
			c.GetOrCreate, err = s.Bool()
		}
		return err
	})
	if err == nil && seen&1 == 0 {
		err = missing("name")
	}
	if err == nil {
		err = CheckName("Validation error: name: ", c.Name)
	}
	if err == nil {
		c.Config, err = config.New(configuration, metadata)
	}
	return c, err
}

// Changes are what is to be changed of a collection.
type Changes struct {
	Name          *string
	Metadata      []byte // replaces what there was; nil: none
	NewMetadata   bool   // Metadata is what it is to be
	Configuration []byte // for config.Config.Alter; nil: nothing
}

var changesFields = []string{"new_name", "new_metadata", "new_configuration"}

// CollectionChanges reads the body of a request to change a collection.
func CollectionChanges(body []byte) (c Changes, err error) {
	var s wire.Scanner
	_, err = object(&s, body, changesFields, func(field int) (err error) {
		switch changesFields[field] {
		case "new_name":
			var name string
			name, err = text(&s)
			c.Name = &name
		case "new_metadata":
			c.NewMetadata = true
			c.Metadata, err = collectionMetadata(&s, "new_metadata", true)
		case "new_configuration":
			c.Configuration, err = value(&s)
		}
		return err
	})
	if err == nil && c.Name != nil {
		err = CheckName("Validation error: new_name: ", *c.Name)
	}
	return c, err
}
