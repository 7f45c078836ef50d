package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// person is read by readPerson: one field of each kind.
type person struct {
	Name string
	Age  int64
	Good bool
	At   []float32
	More string // any JSON
}

var fields = []string{"name", "age", "good", "at", "more"}

func readPerson(body string) (p person, seen uint32, err error) {
	var s wire.Scanner
	s.Reset([]byte(body))
	seen, err = s.Object(fields, func(i int) (err error) {
		var b []byte
		switch i {
		case 0:
			b, err = s.Text()
			p.Name = string(b)
		case 1:
			p.Age, err = s.Int()
		case 2:
			p.Good, err = s.Bool()
		case 3:
			p.At, err = s.Floats(nil)
		case 4:
			b, err = s.Value()
			p.More = string(b)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	return p, seen, err
}

func TestObject(t *testing.T) {
	const body = ` { "age" : -12, "name":"a\"\u00e9\ud83d\ude00é", "at":[1, -0.5 ,2e3,0.1],
		"more": {"x": [1, {"y z": null}], "t" : "a b"}, "good":true } `
	got, seen, err := readPerson(body)
	if err != nil {
		t.Fatal(err)
	}
	want := person{
		Name: "a\"é😀é", Age: -12, Good: true, At: []float32{1, -0.5, 2000, 0.1},
		More: `{"x":[1,{"y z":null}],"t":"a b"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("readPerson(%s) (-want +got):\n%s", body, diff)
	}
	if seen != 0b11111 {
		t.Errorf("seen = %b; want all five", seen)
	}
}

func TestFaults(t *testing.T) {
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	var many strings.Builder
	many.WriteString(`{"more":{`)
	for i := range 40 {
		fmt.Fprintf(&many, `"n%d":1,`, 10+i)
	}
	for body, want := range map[string]string{
		``:                                  "the JSON ends where an object was expected (at byte 0)",
		`[]`:                                "expected an object, found an array (at byte 0)",
		`{`:                                 "the JSON ends where a value was expected (at byte 1)",
		`{"name":"x"`:                       "the JSON ends where ',' or '}' was expected (at byte 11)",
		`{"name":"x",}`:                     "expected a value after ',', found '}' (at byte 12)",
		`{"name" "x"}`:                      "expected ':', found a string (at byte 8)",
		`{"name":"x"} {}`:                   "unexpected data after the end of the JSON value (at byte 13)",
		`{"nam":1}`:                         `unknown field "nam": known are name, age, good, at, more (at byte 1)`,
		`{"age":1,"age":2}`:                 `field "age" occurs twice (at byte 9)`,
		`{"age":1,"\u0061ge":2}`:            `field "age" occurs twice (at byte 9)`,
		`{"age":1.5}`:                       "age: expected an integer, found 1.5 (at byte 7)",
		`{"age":99999999999999999999}`:      "age: expected an integer, found 99999999999999999999 (at byte 7)",
		`{"age":"1"}`:                       "age: expected an integer, found a string (at byte 7)",
		`{"age":01}`:                        "age: malformed number (at byte 7)",
		`{"good":null}`:                     "good: expected true or false, found null (at byte 8)",
		`{"good":truex}`:                    "expected ',' or '}', found 'x' (at byte 12)",
		`{"at":[1,"2"]}`:                    "at[1]: expected a number, found a string (at byte 9)",
		`{"at":[1 2]}`:                      "at: expected ',' or ']', found a number (at byte 9)",
		`{"at":[1,]}`:                       "at: expected a value after ',', found ']' (at byte 9)",
		`{"at":[NaN]}`:                      "at[0]: expected a number, found 'N' (at byte 7)",
		`{"at":[-]}`:                        "at[0]: malformed number (at byte 7)",
		`{"at":[1.]}`:                       "at[0]: malformed number (at byte 7)",
		`{"at":[1e]}`:                       "at[0]: malformed number (at byte 7)",
		`{"at":{}}`:                         "at: expected an array of numbers, found an object (at byte 6)",
		`{"name":"x`:                        "name: the JSON ends inside a string (at byte 10)",
		`{"name":"x\`:                       "name: the JSON ends inside a string (at byte 10)",
		"{\"name\":\"a\nb\"}":               `name: control character in a string: write it as \u000a (at byte 10)`,
		"{\"name\":\"12345678\x00\"}":       `name: control character in a string: write it as \u0000 (at byte 17)`,
		"{\"name\":\"ab\xff\"}":             "name: string is not valid UTF-8 (at byte 11)",
		"{\"name\":\"\\nb\xff\"}":           "name: string is not valid UTF-8 (at byte 12)",
		`{"name":"\x"}`:                     "name: unknown escape sequence in a string (at byte 9)",
		`{"name":"\u12g4"}`:                 `name: \u must be followed by four hexadecimal digits (at byte 9)`,
		`{"name":"\ud800"}`:                 "name: half of a surrogate pair stands for no character (at byte 9)",
		`{"name":"\ud800\u0041"}`:           "name: half of a surrogate pair stands for no character (at byte 9)",
		`{"more":{"a":1,"b":2,"a":3}}`:      `more: field "a" occurs twice (at byte 21)`,
		`{"more":{"a":{"a":1},"\u0061":2}}`: `more: field "a" occurs twice (at byte 21)`,
		`{"more":{"\u0061":{"b":1},"a":2}}`: `more: field "a" occurs twice (at byte 26)`,
		`{"more":` + deep + `}`:             "more: nested deeper than 100 levels (at byte 107)",
		`{"more":nul}`:                      "more: expected a value, found 'n' (at byte 8)",
		many.String() + `"n10":2}}`:         `more: field "n10" occurs twice (at byte 329)`,
		"\ufeff{}":                          "expected an object, found byte 0xef (at byte 0)",
	} {
		_, _, err := readPerson(body)
		if !errors.Is(err, domain.ErrInvalid) || err.Error() != want {
			t.Errorf("readPerson(%.60q) = %v; want ErrInvalid %q", body, err, want)
		}
	}
}

func TestNumberOutOfRangeIsNotFinite(t *testing.T) {
	_, _, err := readPerson(`{"at":[1,3.5e38]}`)
	const want = "at[1]: number is out of the range of float32 (at byte 9)"
	if !errors.Is(err, domain.ErrNotFinite) || err.Error() != want {
		t.Errorf("err = %v; want ErrNotFinite %q", err, want)
	}
}

func TestLongNamesAreClippedInMessages(t *testing.T) {
	_, _, err := readPerson(`{"` + strings.Repeat("é", 5000) + `":1}`)
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("message has %d bytes; want it short", len(err.Error()))
	}
}

func TestMembers(t *testing.T) {
	read := func(body string) (got string, err error) {
		var s wire.Scanner
		s.Reset([]byte(body))
		err = s.Members(func(name []byte) error {
			got += string(name) + "="
			if string(name) == "in" {
				return s.Members(func(name []byte) error {
					n, err := s.Int()
					got += fmt.Sprintf("%s:%d,", name, n)
					return err
				})
			}
			v, err := s.Value()
			got += string(v) + ";"
			return err
		})
		if err == nil {
			err = s.End()
		}
		return got, err
	}
	got, err := read(` { "a" : 1, "\u00e9\n":[1, 2] ,"in":{"x":1,"":2}, "a":null} `)
	if want := "a=1;é\n=[1,2];in=x:1,:2,a=null;"; got != want || err != nil {
		t.Errorf("Members = %q, %v; want %q", got, err, want)
	}
	for body, want := range map[string]string{
		`{"in":{"x":"y"}}`:        "in.x: expected an integer, found a string (at byte 11)",
		`{"in":{"":{}}}`:          "in.: expected an integer, found an object (at byte 10)",
		`{"a" 1}`:                 "expected ':', found a number (at byte 5)",
		`{"a":1,}`:                "expected a value after ',', found '}' (at byte 7)",
		`[]`:                      "expected an object, found an array (at byte 0)",
		`{"a":1`:                  "the JSON ends where ',' or '}' was expected (at byte 6)",
		`{a:1}`:                   "expected a string, found 'a' (at byte 1)",
		`{"in":{"a\u00e9":true}}`: `in.a\u00e9: expected an integer, found true (at byte 17)`,
	} {
		if _, err := read(body); err == nil || err.Error() != want {
			t.Errorf("Members(%s) = %v; want %s", body, err, want)
		}
	}
}

func TestMembersDoNotNestForEver(t *testing.T) {
	var s wire.Scanner
	s.Reset([]byte(strings.Repeat(`{"a":`, 10_000)))
	var member func([]byte) error
	deep := 0
	member = func([]byte) error { deep++; return s.Members(member) }
	if err := s.Members(member); !errors.Is(err, domain.ErrInvalid) || deep != wire.MaxDepth {
		t.Errorf("Members of deep objects = %v at depth %d; want an ErrInvalid at %d", err, deep, wire.MaxDepth)
	}
}
