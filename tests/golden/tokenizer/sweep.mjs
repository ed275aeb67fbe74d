// Writes into sweep.json what Hugging Face's tokenizers makes of every character, as a hash for each 256 of them, and of texts of
// characters that are thrown together, as a hash for each 1,000 of those. See ../README.md.
//   npm ci && node sweep.mjs [IDS.txt]     and the ids themselves: mode, code points, ids
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { Tokenizer } from "@anush008/tokenizers";

const file = new URL("sweep.json", import.meta.url);
const sweep = JSON.parse(readFileSync(file, "utf8"));
const expand = ranges => ranges.split(" ").flatMap(range => {
  const [first, last = first] = range.split("-").map(hex => parseInt(hex, 16));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
});
const pieces = expand(sweep.pieces);
const rest = new Set(Object.values(sweep.rest).flatMap(expand));
const characters = [...pieces, ...expand(sweep.others)].sort((a, b) => a - b);

// Every character that can stand in a line of vocab.txt is a piece, at the beginning of a word and inside one.
const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const all = [...specials, ...pieces.flatMap(c => [String.fromCodePoint(c), "##" + String.fromCodePoint(c)])];
const vocab = Object.fromEntries(all.map((piece, id) => [piece, id]));

const tokenizerOf = mode => Tokenizer.fromString(JSON.stringify({
  version: "1.0", truncation: null, padding: null, added_tokens: [], post_processor: null, decoder: null,
  normalizer: { type: "BertNormalizer", clean_text: true, ...mode },
  pre_tokenizer: { type: "BertPreTokenizer" },
  model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab },
}));

// FNV-1a over the ids as 32-bit numbers, and one that is no id behind each text.
const hash = (value, id) => {
  for (let shift = 0; shift < 32; shift += 8) {
    value = Math.imul(value ^ ((id >>> shift) & 0xff), 0x01000193) >>> 0;
  }
  return value;
};

// Texts of eight characters of the alphabets, marks and symbols, some of them in words; a linear congruential generator picks them.
const pool = characters.filter(c => !rest.has(c) && (c < 0x3100 || (c >> 8) === 0x1d1));
const texts = [];
for (let i = 0, state = 13; i < 20000; i++) {
  let text = "";
  for (let at = 0; at < 8; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += at % 3 === 2 ? "aB"[state >>> 31] : String.fromCodePoint(pool[(state >>> 8) % pool.length]);
  }
  texts.push(text);
}

const dump = process.argv[2] && createWriteStream(process.argv[2]);
const blocks = {};
const thrown = [];
for (const [index, mode] of sweep.modes.entries()) {
  const tokenizer = tokenizerOf(mode);
  for (const c of characters) {
    const character = String.fromCodePoint(c);
    const ids = (await tokenizer.encode(`${character} a${character}b`)).getIds();
    dump?.write(`${index} ${c.toString(16)} ${ids.join(" ")}\n`);
    if (!rest.has(c)) {
      const block = (c >> 8).toString(16);
      blocks[block] ??= sweep.modes.map(() => 0x811c9dc5);
      blocks[block][index] = hash(ids.reduce(hash, blocks[block][index]), 0xffffffff);
    }
  }
  thrown[index] = Array(texts.length / 1000).fill(0x811c9dc5);
  for (const [i, text] of texts.entries()) {
    const ids = (await tokenizer.encode(text)).getIds();
    dump?.write(`${index} ${[...text].map(c => c.codePointAt(0).toString(16)).join("+")} ${ids.join(" ")}\n`);
    const group = Math.floor(i / 1000);
    thrown[index][group] = hash(ids.reduce(hash, thrown[index][group]), 0xffffffff);
  }
}
dump?.end();
sweep.blocks = Object.fromEntries(Object.entries(blocks).map(([block, hashes]) => [block, hashes.map(h => h.toString(16)).join(" ")]));
sweep.texts = thrown.map(hashes => hashes.map(h => h.toString(16)).join(" "));
writeFileSync(file, JSON.stringify(sweep, null, 1) + "\n");
