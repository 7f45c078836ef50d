package chunks

import "testing"

func TestTopic(t *testing.T) {
	for question, want := range map[string]string{
		"How do I back up a running server?": "back up running server",
		"What's the memory_budget?":          "memory_budget",
		"I’m lost: WHERE are my keys?!":      "lost: keys",
		"reset the pump":                     "reset pump",
		"rotate keys":                        "rotate keys",
		"What is it?":                        "What is it",
		"?":                                  "",
		`where is "the red button"?`:         `where is "the red button"?`,
		"Wie sichere ich den Server?":        "Wie sichere ich den Server",
		"東京はどこですか？":                          "東京はどこですか？",
		"who* wins":                          "wins",
	} {
		if got := topic(question); got != want {
			t.Errorf("topic(%q) = %q; want %q", question, got, want)
		}
	}
}
