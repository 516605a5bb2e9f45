// The registration report of one avatar: the verdict first, then each finding with its measure, its
// limit and what to do; the faces to choose from; the mouths.

import { button, make, openDialog } from "./elements.js";
import { fileOf } from "./gallery.js";
import { icon } from "./icons.js";
import { mouths, redraw } from "./redraw.js";

const TWICE = 2;
const TEN = 10;

/** Open the report of the avatar `id`. house: {api, pictures, films, words, onPoints, onUse, onChanged
 * with an avatar, onOther()}. */
export async function openReport(house) {
  const sheet = new Sheet(house);
  await sheet.open();
}

class Sheet {
  #house;
  #words;
  #dialog;
  #avatar = null;
  #busy = false;

  constructor(house) {
    this.#house = house;
    this.#words = house.words;
    this.#dialog = openDialog({
      title: this.#say("report"), kind: "sheet", closeLabel: this.#say("close"), closeIcon: icon("close"),
    });
  }

  #say(name, ...values) {
    return this.#words.say(`faces.${name}`, ...values);
  }

  async open() {
    try {
      this.#avatar = await this.#house.api.json("GET", `/v1/avatars/${encodeURIComponent(this.#house.id)}`);
      await this.#show();
    } catch (error) {
      this.#dialog.body.replaceChildren(make("p", { class: "wrong", role: "alert", text: this.#words.problem(error) }));
    }
  }

  async #show(note = "") {
    const avatar = this.#avatar;
    const [picture, three, faces] = await Promise.all([
      this.#picture(), mouths(this.#house, avatar), this.#faces(),
    ]);
    this.#dialog.heading.textContent = `${this.#say("report")}: ${this.#words.title(avatar)}`;
    this.#dialog.body.replaceChildren(
      make("div", { class: "about-face" }, picture, make("div", { class: "verdict-side" }, this.#verdict(), this.#why(), this.#actions())),
      make("p", { class: "outcome", role: "status", text: note }),
      ...[faces, this.#findings(), three && make("section", {}, make("h3", { text: this.#say("visemesTitle") }), three)].filter(Boolean));
  }

  async #picture() {
    const { links } = this.#avatar;
    if (!links.preview) return null;
    const address = await this.#house.pictures.address(fileOf(this.#avatar, "preview"));
    return make("img", {
      class: "preview", src: address, alt: this.#words.say("preview", this.#words.title(this.#avatar)), width: 200, height: 200,
    });
  }

  /** The whole in one word; whoever may not speak is refused, whatever was measured. */
  get #whole() {
    const { state, report } = this.#avatar;
    if (state === "refused") return "refused";
    return report?.verdict ?? null;
  }

  #verdict() {
    const verdict = this.#whole;
    const sign = { good: "good", usable: "fair", refused: "bad" }[verdict];
    return make("div", { class: "verdict", data: { verdict: verdict ?? "none" } },
      ...(verdict ? [make("strong", {}, icon(sign), make("span", { text: this.#say(`verdict.${verdict}`) }))] : []),
      make("p", { text: this.#say(`verdictText.${verdict ?? "none"}`) }));
  }

  #why() {
    const refusal = this.#avatar.registration?.refusal;
    const texts = [];
    if (refusal) texts.push(this.#words.language === "fa" ? refusal.detail_fa : refusal.detail);
    if (this.#avatar.kind === "video" && this.#avatar.own && refusal?.code !== "video_face") texts.push(this.#say("videoFace"));
    return make("div", {}, texts.map((text) => make("p", { class: "soft", dir: "auto", text })));
  }

  #actions() {
    const { own, kind, links, state } = this.#avatar;
    const then = (act) => () => {
      this.#dialog.close();
      act(this.#avatar);
    };
    return make("div", { class: "row" }, [
      state === "ready" ? button(this.#say("use"), then(this.#house.onUse), { icon: icon("voice"), kind: "button small strong" }) : null,
      own && kind !== "video" && links.picture ? button(this.#say("points"), then(this.#house.onPoints), { icon: icon("points") }) : null,
      state === "refused" ? button(this.#say("other"), then(this.#house.onOther), { icon: icon("upload") }) : null,
    ]);
  }

  #findings() {
    const findings = this.#avatar.report?.findings ?? [];
    if (findings.length === 0) return null;
    const worst = ["bad", "fair", "good"];
    const sorted = [...findings].sort((one, other) => worst.indexOf(one.verdict) - worst.indexOf(other.verdict));
    return make("section", {}, make("h3", { text: this.#say("findings") }),
      make("ul", { class: "findings" }, sorted.map((each) => this.#finding(each))));
  }

  #finding({ name, measure, unit, limit, verdict, ...texts }) {
    const advice = this.#words.language === "fa" ? texts.advice_fa : texts.advice_en;
    const value = (number) => {
      const rounded = number < TEN ? Math.round(number * TEN) / TEN : Math.round(number);
      return this.#words.say(`faces.unit.${unit}`, this.#words.number(rounded, Number.isInteger(rounded) ? 0 : 1));
    };
    const least = (verdict === "good") === (measure > limit);
    const share = Math.min(1, limit > 0 ? measure / (TWICE * limit) : 0);
    const way = make("span", { class: "meter", "aria-hidden": "true" }, make("span", { class: "reach" }), make("span", { class: "mark-limit" }));
    way.querySelector(".reach").style.inlineSize = `${100 * share}%`;
    return make("li", { class: "finding", data: { verdict, finding: name } },
      make("div", { class: "top" },
        make("span", { class: "grade" }, icon(verdict), make("span", { text: this.#say(`grade.${verdict}`) })),
        make("span", { class: "name", text: this.#words.title(texts) }),
        make("span", { class: "soft measure", text: `${value(measure)} · ${this.#say(least ? "atLeast" : "atMost", value(limit))}` })),
      way, advice ? make("p", { class: "advice", dir: "auto", text: advice }) : null);
  }

  async #faces() {
    const { faces, face, own, kind } = this.#avatar;
    if (!faces?.length || !own || kind === "video") return null;
    const cards = await Promise.all(faces.map(async (each) => {
      const input = make("input", { type: "radio", name: "face", value: each.face, on: { change: () => this.#choose(each.face) } });
      input.checked = each.face === face;
      input.disabled = this.#busy;
      const address = await this.#house.pictures.address(each.preview);
      return make("label", { class: "option" }, input, make("span", { class: "shown" },
        make("img", { src: address, alt: "", width: 72, height: 72 }), make("span", { class: "name", text: this.#say("face", each.face + 1) })));
    }));
    return make("fieldset", { class: "choose-face" }, make("legend", { text: this.#say("facesTitle") }),
      make("p", { class: "soft", text: this.#say("facesLead") }), make("div", { class: "faces" }, cards));
  }

  async #choose(face) {
    this.#busy = true;
    const note = this.#dialog.body.querySelector(".outcome");
    for (const input of this.#dialog.body.querySelectorAll(".choose-face input")) input.disabled = true;
    note.textContent = this.#say("redrawing");
    try {
      this.#avatar = await redraw(this.#house.api, this.#avatar, { choose: face });
      await this.#house.onChanged(this.#avatar);
      this.#busy = false;
      await this.#show(this.#say("redrawn"));
      this.#dialog.body.querySelector(".choose-face input:checked")?.focus();
    } catch (error) {
      this.#busy = false;
      await this.#show(this.#words.problem(error));
    }
  }
}
