package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// question is asked about the documentation of memista. The passage that answers it is
// on this page.
type question struct{ text, page string }

var questions = []question{
	{"How do I rotate an API key?", "security.md"},
	{"Which tokenizer finds parts of Chinese words?", "full-text.md"},
	{"What happens to writes when the disk is full?", "operations.md"},
}

// documents adds the texts below folder, with the static model called model, which is made
// if it is not there, and asks the questions. That a page does not answer its question is an
// error.
func (m memista) documents(ctx context.Context, folder, model string) error {
	fmt.Println()
	if _, err := os.Stat(filepath.Join(filepath.Dir(m.data), "models", model)); errors.Is(err, fs.ErrNotExist) {
		if err := m.show(ctx, "model", "pull", model); err != nil {
			return err
		}
	}
	if err := m.show(ctx, "add", "docs", folder, "--embedder", "static/"+model); err != nil {
		return err
	}
	for _, q := range questions {
		fmt.Printf("\n$ memista ask docs %q -k 1\n", q.text)
		if err := m.ask(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// ask prints the best passage for a question, and checks where it is from.
func (m memista) ask(ctx context.Context, q question) error {
	shown := m.command(ctx, "ask", "docs", q.text, "-k", "1")
	shown.Stdout = os.Stdout
	if err := shown.Run(); err != nil {
		return fmt.Errorf("memista ask: %w", err)
	}
	const among = "3" // a second or third place is fair for a model for trials
	raw, err := m.command(ctx, "ask", "docs", q.text, "-k", among, "--json").Output()
	if err != nil {
		return fmt.Errorf("memista ask: %w", err)
	}
	for line := range bytes.Lines(raw) {
		var hit struct {
			Metadata struct{ Source string }
		}
		if err := json.Unmarshal(line, &hit); err != nil {
			return err
		}
		if hit.Metadata.Source == q.page {
			return nil
		}
	}
	return fmt.Errorf("%q: none of the %s best passages is of %s", q.text, among, q.page)
}
