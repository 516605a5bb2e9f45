// Cues of a text as the service lays them out, and the times of its words as they come: which
// cue is on the stage, and which word is being said. A cue is whole from its first moment, so
// nothing moves while it stands there.

import { directionOf, directionOfLine, plain } from "./script.js";

const EARLY_MS = 40;

export class Captions {
  #cues;
  #words = [];
  #reached = 0;

  /** text: as posted; cues: as answered, each a list of lines [start, end] in code points. */
  constructor(text = "", cues = []) {
    const signs = [...text];
    const direction = directionOf(text);
    this.#cues = cues.map((lines) => ({
      start: lines[0][0],
      startMs: null,
      lines: lines.map(([start, end]) => lineOf(signs, start, end, direction)),
    }));
  }

  /** Return the captions of a WebVTT file: cues with times, words without. */
  static ofFile(vtt) {
    const made = new Captions();
    made.#cues = readCues(vtt).map(({ startMs, lines }) => ({
      start: 0,
      startMs,
      lines: lines.map((line) => {
        const signs = [...line];
        return lineOf(signs, 0, signs.length, directionOf(line));
      }),
    }));
    return made;
  }

  /** Add words as they stand in a chunk: [text, textStart, textEnd, startMs, endMs]. */
  add(rows) {
    for (const [, start, end, startMs] of rows) {
      while (this.#cues[this.#reached + 1]?.start <= start) this.#reached += 1;
      const cue = this.#cues[this.#reached];
      if (cue) cue.startMs ??= startMs;
      this.#words.push({ start, end, startMs });
    }
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

function lineOf(signs, start, end, direction) {
  const words = [];
  for (let at = start; at < end; at += 1) {
    if (signs[at].trim() === "") continue;
    const from = at;
    while (at < end && signs[at].trim() !== "") at += 1;
    const text = plain(signs.slice(from, at).join(""));
    if (text !== "") words.push({ text, start: from, end: at });
  }
  const text = words.map((word) => word.text).join(" ");
  return { words, text, direction: directionOfLine(text, direction) };
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
