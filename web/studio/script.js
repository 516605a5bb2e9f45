// What a text is written in: its language as far as the letters tell, its direction, and how
// it is shown. Knows no element of the page.

const ARABIC = /\p{Script=Arabic}/u;
const LATIN = /\p{Script=Latin}/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/u;
const SAID = /[\p{L}\p{N}]/u;
const PILES = /(\p{M}{3})\p{M}+/gu;
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

/** Return the direction most letters of a text run in, "rtl" or "ltr"; null without letters. */
export function directionOf(text) {
  const letters = [...text].filter((sign) => LETTER.test(sign));
  if (letters.length === 0) return null;
  return 2 * letters.filter((sign) => RIGHT_TO_LEFT.test(sign)).length >= letters.length ? "rtl" : "ltr";
}

/** Return the direction of the first letter, by which a browser lays a line out; null without letters. */
export function firstDirection(text) {
  const first = [...text].find((sign) => LETTER.test(sign));
  if (first === undefined) return null;
  return RIGHT_TO_LEFT.test(first) ? "rtl" : "ltr";
}

/** Return the direction of one line of a text: the text's own if any letter of it runs that way. */
export function directionOfLine(line, direction) {
  const runs = [...line].some((sign) => LETTER.test(sign) && RIGHT_TO_LEFT.test(sign) === (direction === "rtl"));
  return runs ? direction : "auto";
}
