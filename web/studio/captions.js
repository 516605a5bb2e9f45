// Words with times in; lines to show and the word being spoken out. A line, once begun,
// never changes its beginning, so that words which arrive later only lengthen the last one.

const LONGEST_LINE = 44;
const ENDS = /[.!?؟…؛:۔]["'»”)\]]*$/u;

export class Captions {
  #words = [];
  #lines = [];

  /** All words so far, in the form that `add` takes. */
  get rows() {
    return this.#words.map(({ text, startMs, endMs }) => [text, 0, 0, startMs, endMs]);
  }

  clear() {
    this.#words = [];
    this.#lines = [];
  }

  /** Add words as they stand in a chunk: [text, textStart, textEnd, startMs, endMs]. */
  add(rows) {
    for (const [text, , , startMs, endMs] of rows) {
      const word = { text, startMs, endMs, index: this.#words.length };
      this.#words.push(word);
      const line = this.#lines.at(-1);
      if (line && fits(line, text)) {
        line.words.push(word);
        line.length += text.length + 1;
      } else {
        this.#lines.push({ words: [word], length: text.length, index: this.#lines.length });
      }
    }
  }

  /** Return {line, word} at a time; either may be null. A line stays until the next begins. */
  at(ms) {
    let line = null;
    for (const each of this.#lines) {
      if (each.words[0].startMs > ms + 40) break;
      line = each;
    }
    if (line === null) return { line: null, word: null };
    let word = null;
    for (const each of line.words) {
      if (each.startMs > ms) break;
      word = each;
    }
    return { line, word };
  }
}

function fits(line, text) {
  return line.length + 1 + text.length <= LONGEST_LINE && !ENDS.test(line.words.at(-1).text);
}
