// Captions in the pictures: whether, and in which of a few looks, as the person chooses and the
// browser remembers. Gives what the request says of them; draws no caption.

import { chosenIn, fillChoices } from "./choices.js";

const OFF = "off";
const GROUPS = {
  back: { values: [OFF, "box", "stroke"], usual: OFF },
  size: { values: ["4", "6", "9"], usual: "6" },
  position: { values: ["bottom", "top"], usual: "bottom" },
  spoken: { values: ["marked", "plain"], usual: "marked" },
};

const $ = (id) => document.getElementById(id);

export class BurnedChoice {
  #remembered;

  /** remembered: get(name, otherwise) and set(name, value). */
  constructor(remembered) {
    this.#remembered = remembered;
    for (const name of Object.keys(GROUPS)) {
      $(`burned-${name}`).addEventListener("change", () => this.#take(name));
    }
  }

  /** Show the choices in the page's language, as they were. */
  show(words) {
    for (const [name, { values }] of Object.entries(GROUPS)) {
      const rows = values.map((value) => ({ value, label: words.say(`burned.${name}.${value}`) }));
      fillChoices($(`burned-${name}`), `burned-${name}`, rows, this.#chosen(name));
    }
    this.#showMore();
  }

  /** What `burned` of the request is: an object, or false for none. */
  get look() {
    const back = this.#chosen("back");
    if (back === OFF) return false;
    const look = { back, size: Number(this.#chosen("size")), position: this.#chosen("position") };
    return this.#chosen("spoken") === "plain" ? { ...look, spoken: null } : look;
  }

  #chosen(name) {
    const { values, usual } = GROUPS[name];
    const value = this.#remembered.get(`burned.${name}`, usual);
    return values.includes(value) ? value : usual;
  }

  #take(name) {
    this.#remembered.set(`burned.${name}`, chosenIn($(`burned-${name}`)));
    this.#showMore();
  }

  #showMore() {
    $("burned-more").hidden = this.#chosen("back") === OFF;
  }
}
