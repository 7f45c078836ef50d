// Package statictest writes small static models for tests.
package statictest

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
)

// Dims is how many components the embeddings have.
const Dims = 24

// words are what the model knows, beside single characters of some scripts.
var words = strings.Fields(`the a of in and house river mountain road market bread water light night
	morning winter summer child teacher doctor engine wheel paper letter song music green blue small large
	quick slow walks reads writes sells builds opens closes finds under over beside without before after
	text short straße brown fox jumps lazy dog how do i restore last backup to another machine die war lang went on`)

// Model is what a model is written of. Its tokenizer is BERT's.
type Model struct {
	Tokens  []string // the first one is for what is unknown
	Rows    [][]float32
	Weights []float32 // nil for none
	Mapping []int32   // nil for none
	DType   safetensors.DType
	Config  string
}

// New returns a model with random rows, always the same.
func New() Model {
	p := Model{Tokens: []string{"[UNK]"}, DType: safetensors.F32, Config: `{"model_type":"model2vec","normalize":true}`}
	p.Tokens = append(p.Tokens, words...)
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789?.,'ß道は長い🙂" + "مرحبابالعلم" {
		for _, token := range []string{string(r), "##" + string(r)} {
			if !strings.Contains("|"+strings.Join(p.Tokens, "|")+"|", "|"+token+"|") {
				p.Tokens = append(p.Tokens, token)
			}
		}
	}
	const seed = 20261130
	r := rand.New(rand.NewPCG(seed, 0))
	for range p.Tokens {
		row := make([]float32, Dims)
		for i := range row {
			row[i] = float32(r.NormFloat64())
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// Numbers writes numbers as a type has them.
func Numbers(dtype safetensors.DType, row []float32) (out []byte) {
	for _, x := range row {
		bits := math.Float32bits(x)
		switch dtype {
		case safetensors.F64:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(x)))
		case safetensors.F32:
			out = binary.LittleEndian.AppendUint32(out, bits)
		case safetensors.BF16:
			out = binary.LittleEndian.AppendUint16(out, uint16(bits>>16))
		case safetensors.F16:
			out = binary.LittleEndian.AppendUint16(out, half(bits))
		case safetensors.I8:
			out = append(out, byte(int8(math.Round(float64(x)*25))))
		default:
			out = append(out, byte(x))
		}
	}
	return out
}

// half cuts the bits of a number to the format of 16; what is small there becomes 0.
func half(bits uint32) uint16 {
	exponent := int(bits>>23&0xFF) - 112
	if exponent <= 0 {
		return 0
	}
	return uint16(bits>>16&0x8000) | uint16(exponent)<<10 | uint16(bits>>13&0x3FF)
}

// Write writes the model and returns its folder, which the test removes.
func (p Model) Write(tb testing.TB) (dir string) {
	tb.Helper()
	f := &safetensors.File{Tensors: map[string]safetensors.Tensor{}}
	rows := safetensors.Tensor{DType: p.DType, Shape: []int{len(p.Rows), len(p.Rows[0])}}
	for _, row := range p.Rows {
		rows.Data = append(rows.Data, Numbers(p.DType, row)...)
	}
	f.Tensors["embeddings"] = rows
	if p.Weights != nil {
		f.Tensors["weights"] = safetensors.Tensor{DType: safetensors.F64, Shape: []int{len(p.Weights)}, Data: Numbers(safetensors.F64, p.Weights)}
	}
	if p.Mapping != nil {
		m := safetensors.Tensor{DType: safetensors.I32, Shape: []int{len(p.Mapping)}}
		for _, row := range p.Mapping {
			m.Data = binary.LittleEndian.AppendUint32(m.Data, uint32(row))
		}
		f.Tensors["mapping"] = m
	}
	vocab := map[string]int{}
	for i, token := range p.Tokens {
		vocab[token] = i
	}
	tokenizer := map[string]any{
		"version":       "1.0",
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model":         map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10_000, "vocab": vocab},
	}
	dir = filepath.Join(tb.TempDir(), "tiny")
	if err := os.Mkdir(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	var table strings.Builder
	if err := safetensors.Write(&table, f); err != nil {
		tb.Fatal(err)
	}
	text, err := json.Marshal(tokenizer)
	if err != nil {
		tb.Fatal(err)
	}
	for name, content := range map[string]string{static.TableFile: table.String(), static.TokenizerFile: string(text), static.ConfigFile: p.Config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}
