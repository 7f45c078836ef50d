package encode

import (
	"strconv"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
)

// AppendEmbeddings appends made, the embeddings of texts, as the API of OpenAI answers.
func AppendEmbeddings(b []byte, texts []string, made app.Embedded, base64 bool) []byte {
	b = append(b, `{"object":"list","data":[`...)
	for i, v := range made.Embeddings {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"object":"embedding","index":`...), int64(i), 10)
		b = append(b, `,"embedding":`...)
		if base64 {
			b = wire.AppendBase64(b, v)
		} else {
			b = wire.AppendFloats(b, v)
		}
		b = append(b, '}')
	}
	b = wire.AppendString(append(b, `],"model":`...), made.Embedder.String())
	tokens := int64(0)
	for _, text := range texts {
		tokens += estimateTokens(text)
	}
	b = strconv.AppendInt(append(b, `,"usage":{"prompt_tokens":`...), tokens, 10)
	b = strconv.AppendInt(append(b, `,"total_tokens":`...), tokens, 10)
	return append(b, "}}\n"...)
}

// estimateTokens says how many tokens a text may have: one for every four bytes, the rule of
// thumb of OpenAI for English.
func estimateTokens(text string) int64 {
	const bytesOfAToken = 4
	return int64(len(text)+bytesOfAToken-1) / bytesOfAToken
}
