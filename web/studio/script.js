// What a text is written in: its language as far as the letters tell, its direction, and how
// it is shown. Knows no element of the page.

const ARABIC = /\p{Script=Arabic}/u;
const LATIN = /\p{Script=Latin}/u;
const RIGHT_TO_LEFT = /[\p{scx=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/u;
const SAID = /[\p{L}\p{N}]/u;
const PILES = /(\p{M}{3})\p{M}+/gu;
const PERSIAN_DIGIT = /[۰-۹٠-٩]/u;
const PERSIAN_STOP = /[،؛؟]/gu;
const MARKS = { "\u200e": "ltr", "\u200f": "rtl", "\u061c": "rtl" };
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/gu;

/** Return a text without the signs that would turn what follows them on the page, and without what
 * a pile of marks on one letter has above three. */
export function plain(text) {
  return text.replace(OVERRIDES, "").replace(PILES, "$1");
}

/** Whether a text has anything a voice could say. */
export function canBeSaid(text) {
  return SAID.test(text);
}

/** Return "fa" or "en" by the script most letters are of, "other" for another, null without letters. */
export function languageOf(text) {
  const found = { fa: 0, en: 0, other: 0 };
  for (const sign of text) {
    if (ARABIC.test(sign) && LETTER.test(sign)) found.fa += 1;
    else if (LATIN.test(sign)) found.en += 1;
    else if (LETTER.test(sign)) found.other += 1;
  }
  const [language, letters] = Object.entries(found).reduce((most, each) => (each[1] > most[1] ? each : most));
  return letters === 0 ? null : language;
}

/** Return the direction of a letter, or of a mark that stands for one; null for any other sign. */
function directionOfSign(sign) {
  if (sign in MARKS) return MARKS[sign];
  if (!LETTER.test(sign)) return null;
  return RIGHT_TO_LEFT.test(sign) ? "rtl" : "ltr";
}

/** Return the direction of the first letter, by which a browser lays a line out; null without letters. */
export function firstDirection(text) {
  for (const sign of text) {
    const direction = directionOfSign(sign);
    if (direction !== null) return direction;
  }
  return null;
}

/** Return the direction most words of a cue go in, each by its first letter or by its digits; Persian
 * commas, semicolons and question marks count as a word each. */
export function directionOf(text) {
  const found = text.split(/\s+/u).map((word) => firstDirection(word) ?? (PERSIAN_DIGIT.test(word) ? "rtl" : null));
  const rightward = found.filter((direction) => direction === "ltr").length;
  const stops = text.match(PERSIAN_STOP)?.length ?? 0;
  const leftward = found.filter((direction) => direction === "rtl").length + stops;
  return leftward > 0 && leftward >= rightward ? "rtl" : "ltr";
}

/** Return the direction of one line of a cue: the cue's own if any letter goes in it, or none is there. */
export function directionOfLine(line, direction) {
  const found = new Set([...line].map(directionOfSign));
  found.delete(null);
  if (found.size === 0 || found.has(direction)) return direction;
  return direction === "rtl" ? "ltr" : "rtl";
}
