// A line of captions in, its words with the signs that keep them in order out: what
// lipsync/text/directions.py does for files and pictures. The bidirectional algorithm takes a sign
// beside a number or a Latin word for part of the Persian around it: `C++` comes out as `++C`.

import { firstDirection } from "./script.js";

const LRI = "\u2066";
const PDI = "\u2069";
const MARKS = { ltr: "\u200e", rtl: "\u200f" };

const LETTER = "A-Za-z\\u00c0-\\u024f";
const DIGIT = "0-9\\u06f0-\\u06f9\\u0660-\\u0669";
const NUMBER = `[${DIGIT}]+(?:[.,:\\/\\u066b\\u066c][${DIGIT}]+)*`;
// `.NET`, `@user`: a sign before a word belongs to it when nothing stands before the sign.
const BEFORE = `(?:(?<![^\\s«(\\["“‹])[.@#$~\\/+\\-]+)?`;
const WITHIN = `[.\\-\\/@:%=?~+#&]+(?=[${LETTER}${DIGIT}])`;
const LATIN = `${BEFORE}[${LETTER}](?:[${LETTER}${DIGIT}'’_]|${WITHIN})*[+#%*]*`;
const LATIN_RUN = `${LATIN}(?:[ ,;:&\\/+\\-]{1,3}(?:${LATIN}|${NUMBER}(?![${DIGIT}])))*`;
const SIGNED = `[+\\-\\u2212±]${NUMBER}[%٪]?`;
// A bracket that closes here was opened here: one around the whole belongs to the text.
const GROUP = `(?:\\([${DIGIT}]{2,}\\)|[${DIGIT}]{2,})`;
const GROUPS = `\\+?${GROUP}(?:[ \\-]${GROUP})+`;

const FOUND = new RegExp(`(?<![\\p{L}\\p{N}_])(?:(?<groups>${GROUPS})|(?<signed>${SIGNED}))|(?<latin>${LATIN_RUN})`, "gu");
const SIGNED_AT_START = new RegExp(`^${SIGNED}`, "u");
const PARTS = new RegExp(`[${DIGIT}]+`, "gu");

const PHONE_DIGITS = 7;
const GROUPS_OF_NO_RANGE = 3;

/** Return [start, end] of what must be laid out from the left within right-to-left text. */
export function leftToRight(text) {
  const spans = [];
  for (const match of text.matchAll(FOUND)) {
    const { groups } = match.groups;
    const whole = groups === undefined || isOneNumber(groups) ? match[0] : match[0].match(SIGNED_AT_START)?.[0];
    if (whole !== undefined) spans.push([match.index, match.index + whole.length]);
  }
  return spans;
}

/** Whether groups of digits are one long number, and not a range or a list. */
function isOneNumber(groups) {
  const parts = groups.match(PARTS);
  const digits = parts.reduce((sum, part) => sum + part.length, 0);
  return digits >= PHONE_DIGITS && ("+(0۰٠".includes(groups[0]) || parts.length >= GROUPS_OF_NO_RANGE);
}

/** Return {mark, texts} of a line {words, text, direction}: what it begins with so that a browser
 * finds its direction by itself, and each word's text with isolates where they are needed. */
export function laidOut(line) {
  const { direction } = line;
  const first = firstDirection(line.text);
  const mark = first === direction || (first === null && direction === "ltr") ? "" : MARKS[direction];
  const runs = direction === "rtl" ? leftToRight(line.text) : [];
  let at = 0;
  const texts = line.words.map(({ text }) => {
    const [start, end] = [at, at + text.length];
    at = end + 1;
    return isolatedWord(text, start, end, runs);
  });
  return { mark, texts };
}

/** One word of a line; a run may begin in it, end in it, both, or go through it. */
function isolatedWord(text, start, end, runs) {
  const signs = [];
  for (const [from, to] of runs) {
    if (from >= start && from < end) signs.push([from - start, LRI]);
    if (to > start && to <= end) signs.push([to - start, PDI]);
  }
  let [made, done] = ["", 0];
  for (const [place, sign] of signs) {
    made += text.slice(done, place) + sign;
    done = place;
  }
  return made + text.slice(done);
}
