package wire

import (
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire/fields"
)

// decodeSearch reads a SearchReply.
func decodeSearch(message []byte) (found []Found, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) error {
		if field != 2 {
			return nil
		}
		f, err := decodeFound(v.Bytes)
		found = append(found, f)
		return err
	})
	return found, err
}

// decodeFound reads a SearchResult.
func decodeFound(message []byte) (f Found, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) error {
		switch field {
		case 1:
			f.Properties, err = decodeResult(v.Bytes)
			return err
		case 2:
			return decodeMetadata(v.Bytes, &f)
		}
		return nil
	})
	return f, err
}

// decodeMetadata reads a MetadataResult. It has the id as bytes too, in which zeros at the
// beginning are missing.
func decodeMetadata(message []byte, f *Found) error {
	return fields.Each(message, func(field fields.Number, v fields.Value) (err error) {
		switch field {
		case 1:
			f.ID, err = uuid.ParseBytes(v.Bytes)
		case 7:
			f.Distance = v.Float()
		case 11:
			f.Score = v.Float()
		case 19:
			f.Vector = v.Vector()
		}
		return err
	})
}

// decodeResult reads a PropertiesResult.
func decodeResult(message []byte) (p Properties, err error) {
	p = Properties{}
	err = fields.Each(message, func(field fields.Number, v fields.Value) error {
		if field != 11 {
			return nil
		}
		return fields.Each(v.Bytes, func(field fields.Number, v fields.Value) error {
			if field != 1 {
				return nil
			}
			return decodeProperty(v.Bytes, p)
		})
	})
	return p, err
}

// decodeProperty reads an entry of Properties.
func decodeProperty(entry []byte, p Properties) error {
	var name string
	var value any
	err := fields.Each(entry, func(field fields.Number, v fields.Value) (err error) {
		switch field {
		case 1:
			name = v.Text()
		case 2:
			value, err = decodeValue(v.Bytes)
		}
		return err
	})
	if err == nil && value != nil {
		p[name] = value
	}
	return err
}

// decodeValue reads a Value; nil is null, or of a type that is not read.
func decodeValue(message []byte) (value any, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) (err error) {
		switch field {
		case 1:
			value = v.Double()
		case 3:
			value = v.Bool()
		case 5:
			value, err = decodeList(v.Bytes)
		case 6, 7, 13:
			value = v.Text()
		case 8:
			value = v.Int()
		}
		return err
	})
	return value, err
}

// decodeList reads a ListValue. Numbers stand as words of 64 bits, little-endian.
func decodeList(message []byte) (value any, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) (err error) {
		switch field {
		case 2:
			value, err = decodeNumbers(v.Bytes, math.Float64frombits)
		case 3:
			value, err = decodeBools(v.Bytes)
		case 5, 6, 8:
			value, err = decodeTexts(v.Bytes)
		case 7:
			value, err = decodeNumbers(v.Bytes, func(word uint64) int64 { return int64(word) })
		}
		return err
	})
	return value, err
}

func decodeNumbers[N any](message []byte, of func(uint64) N) (numbers []N, err error) {
	err = fields.Each(message, func(_ fields.Number, v fields.Value) error {
		for _, word := range v.Words() {
			numbers = append(numbers, of(word))
		}
		return nil
	})
	return numbers, err
}

func decodeTexts(message []byte) (texts []string, err error) {
	err = fields.Each(message, func(_ fields.Number, v fields.Value) error {
		texts = append(texts, v.Text())
		return nil
	})
	return texts, err
}

// decodeBools reads BoolValues, packed or not.
func decodeBools(message []byte) (values []bool, err error) {
	err = fields.Each(message, func(_ fields.Number, v fields.Value) error {
		if v.Bytes == nil {
			values = append(values, v.Bool())
		}
		for _, b := range v.Bytes {
			values = append(values, b != 0)
		}
		return nil
	})
	return values, err
}

// decodePut reads a BatchObjectsReply into the results of its objects.
func decodePut(message []byte, results []error) error {
	return fields.Each(message, func(field fields.Number, v fields.Value) error {
		if field != 2 {
			return nil
		}
		var index int64
		var text string
		err := fields.Each(v.Bytes, func(field fields.Number, v fields.Value) error {
			switch field {
			case 1:
				index = v.Int()
			case 2:
				text = v.Text()
			}
			return nil
		})
		if err == nil && (index < 0 || index >= int64(len(results))) {
			err = fmt.Errorf("the cluster answered about object %d of a batch of %d", index, len(results))
		}
		if err == nil {
			results[index] = itemRefused(text)
		}
		return err
	})
}

// decodeDelete reads a BatchDeleteReply.
func decodeDelete(message []byte) (d Deleted, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) error {
		switch field {
		case 2:
			d.Failed = v.Int()
		case 3:
			d.Matched = v.Int()
		case 4:
			d.Deleted = v.Int()
		}
		return nil
	})
	return d, err
}

// decodeCount reads an AggregateReply.
func decodeCount(message []byte) (n int64, err error) {
	err = fields.Each(message, func(field fields.Number, v fields.Value) error {
		if field != 2 {
			return nil
		}
		return fields.Each(v.Bytes, func(field fields.Number, v fields.Value) error {
			if field == 1 {
				n = v.Int()
			}
			return nil
		})
	})
	return n, err
}
