// Prints the tokens that the library tokenizers (Rust) has for texts.
// node reference.js LIBRARY.node FILE.json: the file has {texts, tokenizers: {name: tokenizer.json as an object}}
// or {texts, files: {name: path}}.
const {readFileSync} = require("fs");
const {Tokenizer} = require(process.argv[2]);
const {texts, tokenizers = {}, files = {}} = JSON.parse(readFileSync(process.argv[3], "utf8"));

async function tokensOf(spec) {
  const tokenizer = Tokenizer.fromString(spec);
  const all = [];
  for (const text of texts) {
    all.push((await tokenizer.encode(text, null, {addSpecialTokens: false})).getIds());
  }
  return all;
}

(async () => {
  const out = {};
  for (const name in tokenizers) out[name] = await tokensOf(JSON.stringify(tokenizers[name]));
  for (const name in files) out[name] = await tokensOf(readFileSync(files[name], "utf8"));
  console.log("{\n" + Object.entries(out).map(([name, ids]) => JSON.stringify(name) + ": " + JSON.stringify(ids)).join(",\n") + "\n}");
})();
