package decode

import (
	"math"
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
)

var recallFields = []string{"k", "queries", "ef", "target", "filter", "max_seconds"}

// Recall reads the body of a measurement of recall, all but the database; an empty one asks for
// the defaults, and so does null for any field.
func Recall(body []byte) (in app.RecallAsk, err error) {
	if len(body) == 0 {
		return in, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(recallFields, func(field int) (err error) {
		if s.Null() {
			return nil
		}
		switch recallFields[field] {
		case "k":
			in.K, err = positive(&s)
		case "queries":
			in.Queries, err = positive(&s)
		case "ef":
			in.Ef, err = widths(&s)
		case "target":
			if in.Target, err = decimal(&s); err == nil && in.Target == 0 {
				err = s.Errorf("must be above 0: leave it out for none")
			}
		case "filter":
			in.Filter, err = filter(&s)
		case "max_seconds":
			in.Time, err = duration(&s)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	return in, err
}

// widths reads beam widths.
func widths(s *wire.Scanner) (list []int, err error) {
	list = []int{}
	err = s.Array(func(int) error {
		n, err := positive(s)
		list = append(list, n)
		return err
	})
	return list, err
}

// decimal reads a number as it was written, up to seven digits.
func decimal(s *wire.Scanner) (float64, error) {
	f, err := s.Float()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
}

// duration reads a number of seconds above zero; whether it is too large is for the use case to
// say.
func duration(s *wire.Scanner) (time.Duration, error) {
	n, err := decimal(s)
	if err != nil {
		return 0, err
	}
	d := time.Duration(min(n, math.MaxInt32) * float64(time.Second))
	if d < 1 {
		return 0, s.Errorf("must be above 0: leave it out for the default")
	}
	return d, nil
}
