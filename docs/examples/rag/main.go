// Command rag finds the passages in a folder of text files that a question is about, and
// prints them as a prompt for a language model. It keeps them in a memista file of its own.
//
//	go run ./docs/examples/rag docs/examples/rag/texts "How long does dough take to rise?"
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/memista/memista"
)

const database = "texts"

func main() {
	log.SetFlags(0)
	file := flag.String("db", "rag.db", "file to keep the passages in")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: rag [-db FILE] FOLDER QUESTION")
	}
	if err := run(context.Background(), *file, flag.Arg(0), flag.Arg(1)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, file, folder, question string) (err error) {
	db, err := memista.Open(file, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := index(ctx, db, folder); err != nil {
		return err
	}
	vector := embed(question)
	if vector == nil {
		return errors.New("the question has no words")
	}
	hits, err := db.Search(ctx, database, vector, 3, nil)
	if err != nil {
		return err
	}
	fmt.Print(prompt(question, hits))
	return nil
}

// embed stands for the model that makes vectors of texts. It hashes words: a text is near
// to one that has many of the same words, and nothing is known of what they mean. Replace
// it by a call of your model, and index the folder again into a new file.
func embed(text string) []float32 {
	const dims = 512
	vector := make([]float32, dims)
	words := 0
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		if len(word) < 4 {
			continue // the, and, for: they are in every text
		}
		h := fnv.New32a()
		h.Write([]byte(word))
		sign := float32(1)
		if h.Sum32()>>31 == 1 {
			sign = -1 // so that words that share a place do not look alike
		}
		vector[h.Sum32()%dims] += sign
		words++
	}
	if words == 0 {
		return nil // a vector of length zero has no direction
	}
	return vector
}

// index brings the database up to date with the folder: passages that are there keep
// their keys, those that are gone are deleted.
func index(ctx context.Context, db *memista.DB, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no files *.txt", folder)
	}
	sources := []string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		source := filepath.Base(file)
		sources = append(sources, source)
		chunks := passages(source, string(raw))
		if len(chunks) > 0 {
			if _, err := db.Insert(ctx, database, chunks, nil); err != nil {
				return err
			}
		}
		if err := forget(ctx, db, memista.And(memista.Eq("source", source), memista.Gt("passage", len(chunks)))); err != nil {
			return err
		}
	}
	return forget(ctx, db, memista.Nin("source", sources...))
}

// passages splits a text at its empty lines.
func passages(source, text string) (chunks []memista.Chunk) {
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		part = strings.Join(strings.Fields(part), " ")
		vector := embed(part)
		if vector == nil {
			continue
		}
		number := len(chunks) + 1
		chunks = append(chunks, memista.Chunk{
			Key: fmt.Sprintf("%s/%d", source, number), Text: part, Embedding: vector,
			Metadata: memista.Meta(map[string]any{"source": source, "passage": number}),
		})
	}
	return chunks
}

// forget deletes the passages that a filter selects.
func forget(ctx context.Context, db *memista.DB, filter *memista.Filter) error {
	_, err := db.DeleteWhere(ctx, database, filter)
	return err
}

// prompt is what to send to a language model.
func prompt(question string, hits []memista.Hit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Answer from these passages only, and name the ones you used.\n\n")
	for _, hit := range hits {
		fmt.Fprintf(&b, "[%s, score %.2f] %s\n\n", hit.Key, hit.Score, hit.Text)
	}
	fmt.Fprintf(&b, "Question: %s\n", question)
	return b.String()
}
