// Which words of a text a search by words has found, as near as can be told from outside
// the index: whole words, words with the same stem, or parts.

export type Piece = { text: string; hit: boolean };
type Tokenizer = "words" | "english" | "trigram";

const word = /[\p{L}\p{N}\p{Co}]+/gu;

// Marking these in every text would hide the words that matter.
const common = new Set("a an and are as at be by can do does for from how i if in is it of on or that the this to was what when where which who why with".split(" "));

const fold = (s: string) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// The stems of the index are Porter's; cutting the commonest endings comes near enough to
// show what was meant.
function stem(w: string): string {
  if (w.length < 4) return w;
  const cut = w.replace(/(?:ies|ied)$/, "i").replace(/(?:ings?|edly|ed|ly|es|s|ment|ation|e|y)$/, "");
  return cut.length < 3 ? w : cut.replace(/(.)\1$/, "$1");
}

/** Returns what cuts a text into pieces, or null if the query has no words. */
export function highlighter(query: string, tokenizer: Tokenizer): ((text: string) => Piece[]) | null {
  const terms = [...query.matchAll(/[\p{L}\p{N}\p{Co}]+\*?/gu)].map((m) => fold(m[0]));
  if (terms.length === 0) return null;
  const telling = terms.filter((t) => t.length > 1 && !common.has(t));
  if (telling.length > 0) terms.splice(0, terms.length, ...telling);
  if (tokenizer === "trigram") return parts(terms.map((t) => t.replace("*", "")));
  const starts = terms.filter((t) => t.endsWith("*")).map((t) => t.slice(0, -1));
  const form = tokenizer === "english" ? stem : (w: string) => w;
  const whole = new Set(terms.filter((t) => !t.endsWith("*")).map(form));
  return cutter(word, (w) => {
    const f = fold(w);
    return whole.has(form(f)) || starts.some((s) => f.startsWith(s));
  });
}

/** The pieces from shortly before the first hit on, where that is far from the start. */
export function excerpt(pieces: Piece[], before = 60, far = 180): Piece[] {
  const first = pieces.findIndex((p) => p.hit);
  const lead = pieces.slice(0, Math.max(first, 0)).reduce((n, p) => n + p.text.length, 0);
  if (first < 0 || lead < far) return pieces;
  const last = pieces[first - 1]!.text;
  const cut = last.slice(-before).replace(/^\S*\s/, "");
  return [{ text: "… " + cut, hit: false }, ...pieces.slice(first)];
}

function parts(terms: string[]) {
  const any = terms.sort((a, b) => b.length - a.length).map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return cutter(new RegExp(any.join("|"), "giu"), () => true);
}

function cutter(pattern: RegExp, found: (s: string) => boolean) {
  return (text: string): Piece[] => {
    const list: Piece[] = [];
    let from = 0;
    for (const m of text.matchAll(pattern)) {
      if (m[0] === "" || !found(m[0])) continue;
      if (m.index > from) list.push({ text: text.slice(from, m.index), hit: false });
      list.push({ text: m[0], hit: true });
      from = m.index + m[0].length;
    }
    if (from < text.length) list.push({ text: text.slice(from), hit: false });
    return list;
  };
}
