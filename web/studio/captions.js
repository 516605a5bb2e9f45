// Cues of a text as the service lays them out, and the times of its words as they come: which
// cue is on the stage, and which word is being said. A cue is whole from its first moment, so
// nothing moves while it stands there.

import { directionOf, directionOfLine, firstDirection, plain } from "./script.js";

const EARLY_MS = 40;

// As the service lays them out. Of a text that is still being written only the words come.
const LINE_CHARACTERS = 42;
const LINES = 2;
const SENTENCE_ENDS = /[.!?؟۔…。]$/;

export class Captions {
  #cues;
  #words = [];
  #reached = 0;
  #end = 0;

  /** text: as posted; cues: as answered, each a list of lines [start, end] in code points. */
  constructor(text = "", cues = []) {
    const signs = [...text];
    this.#end = signs.length;
    this.#cues = cues.map((lines) => ({
      start: lines[0][0],
      startMs: null,
      lines: directed(lines.map(([start, end]) => lineOf(signs, start, end))),
    }));
  }

  /** Return the captions of a WebVTT file: cues with times, words without. */
  static ofFile(vtt) {
    const made = new Captions();
    made.#cues = readCues(vtt).map(({ startMs, lines }) => ({
      start: 0,
      startMs,
      lines: lines.map(lineOfFile),
    }));
    return made;
  }

  /** Add words as they stand in a chunk: [text, textStart, textEnd, startMs, endMs]. */
  add(rows) {
    for (const [text, start, end, startMs] of rows) {
      if (start >= this.#end) this.#grow(text, start, end);
      while (this.#cues[this.#reached + 1]?.start <= start) this.#reached += 1;
      const cue = this.#cues[this.#reached];
      if (cue) cue.startMs ??= startMs;
      this.#words.push({ start, end, startMs });
    }
  }

  /** A word behind the text that was known when it was posted: whoever writes it has gone on. */
  #grow(text, start, end) {
    const shown = plain(text);
    this.#end = end;
    if (shown === "") return;
    const word = { text: shown, start, end };
    const last = this.#cues.at(-1);
    const lines = last?.grown ? [...last.lines] : [];
    const line = lines.at(-1);
    const ended = line === undefined || SENTENCE_ENDS.test(line.text);
    if (!ended && line.text.length + 1 + shown.length <= LINE_CHARACTERS) {
      lines[lines.length - 1] = { words: [...line.words, word], text: `${line.text} ${shown}` };
    } else {
      if (ended || lines.length === LINES) lines.length = 0;
      lines.push({ words: [word], text: shown });
      if (lines.length === 1) this.#cues.push({ start, startMs: null, lines, grown: true });
    }
    // Another object: whoever shows the cue sees that it is not as it was.
    const at = this.#cues.length - 1;
    this.#cues[at] = { ...this.#cues[at], lines: directed(lines) };
  }

  /** Forget the times; the text stays as it is. */
  forgetTimes() {
    this.#words = [];
    this.#reached = 0;
    for (const cue of this.#cues) cue.startMs = null;
  }

  /** Return {cue, word} at a time; either may be null. A cue stays until the next begins. */
  at(ms) {
    const cue = this.#cues.findLast((each) => each.startMs !== null && each.startMs <= ms + EARLY_MS) ?? null;
    const word = this.#words.findLast((each) => each.startMs <= ms) ?? null;
    return { cue, word: cue !== null && word !== null && word.start >= cue.start ? word : null };
  }

  /** Whether the times of words are known, and not of cues alone. */
  get timed() {
    return this.#words.length > 0;
  }
}

function lineOf(signs, start, end) {
  const words = [];
  for (let at = start; at < end; at += 1) {
    if (signs[at].trim() === "") continue;
    const from = at;
    while (at < end && signs[at].trim() !== "") at += 1;
    const text = plain(signs.slice(from, at).join(""));
    if (text !== "") words.push({ text, start: from, end: at });
  }
  return { words, text: words.map((word) => word.text).join(" ") };
}

/** The lines of a cue, each with the direction that pictures and files give it, too. */
function directed(lines) {
  const whole = directionOf(lines.map((line) => line.text).join(" "));
  return lines.map((line) => ({ ...line, direction: directionOfLine(line.text, whole) }));
}

/** A line of a file, whose first letter or mark says its direction. */
function lineOfFile(written) {
  const signs = [...written.replace(/^[\u2066\u2067]?[\u200e\u200f]/u, "")];
  return { ...lineOf(signs, 0, signs.length), direction: firstDirection(written) ?? "ltr" };
}

const ESCAPES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&lrm;": "\u200e", "&rlm;": "\u200f", "&nbsp;": " " };

/** Read the cues of a WebVTT file: {startMs, endMs, lines}. */
export function readCues(vtt) {
  const cues = [];
  for (const block of vtt.split(/\r?\n\r?\n/)) {
    const found = block.match(/([\d:.]+) --> ([\d:.]+)[^\n]*\n([\s\S]+)/);
    if (!found) continue;
    const text = found[3].trim().replace(/&\w+;/g, (escape) => ESCAPES[escape] ?? escape);
    cues.push({ startMs: milliseconds(found[1]), endMs: milliseconds(found[2]), lines: text.split(/\r?\n/) });
  }
  return cues;
}

function milliseconds(stamp) {
  return Math.round(stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);
}
