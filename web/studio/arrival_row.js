// One row of the faces on their way: a picture, how far it is in words and as a bar, and what
// can be done about it.

import { button, make } from "./elements.js";
import { icon } from "./icons.js";

const MB = 1 << 20;
// Refusals after which the picture is kept and its points can be set by hand.
const BY_HAND = ["needs_points", "no_models", "face_unusable"];

export class ArrivalRow {
  #host;
  #titles;
  #address;
  #now = { phase: "sending", sent: 0, all: 0, paused: false, problem: null, avatar: null, registration: null };
  #words = null;
  #parts = {};
  gone = false;
  onCancel = () => {};
  onAgain = () => {};
  onGone = () => {};

  /** titles: {title_fa, title_en}; file: a Blob to show, or null where the service has a picture. */
  constructor({ titles, file }, host) {
    this.#host = host;
    this.onDismiss = host.onDismiss;
    this.#titles = titles;
    this.#address = file?.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    this.#parts = {
      picture: make("span", { class: "thumb" }),
      name: make("span", { class: "name", dir: "auto" }),
      said: make("span", { class: "step" }),
      bar: make("progress", { max: 1 }),
      tools: make("div", { class: "row" }),
    };
    const { picture, name, said, bar, tools } = this.#parts;
    this.element = make("li", { class: "arrival" }, picture,
      make("div", { class: "about" }, make("div", { class: "top" }, name, said), bar, tools));
    if (this.#address) picture.append(make("img", { src: this.#address, alt: "", on: { error: (event) => event.target.remove() } }));
  }

  /** Take a change up: phase is "sending", "working", "ready", "refused" or "failed". */
  change(what) {
    const before = this.#now.phase;
    Object.assign(this.#now, what);
    if (this.#words !== null) this.#draw(before !== this.#now.phase);
  }

  show(words) {
    this.#words = words;
    this.#draw(true);
  }

  remove() {
    this.gone = true;
    this.onGone();
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.element.remove();
  }

  /** What is wrong and what to do, in the page's language. */
  problemText(words) {
    const { problem, registration } = this.#now;
    if (problem) return words.problem(problem);
    const refusal = registration?.refusal;
    if (!refusal) return words.say("faces.lost");
    return words.language === "fa" ? refusal.detail_fa : refusal.detail;
  }

  #name() {
    const { title_fa: fa, title_en: en } = this.#titles;
    return this.#words.language === "fa" ? fa || en : en || fa;
  }

  #draw(anew) {
    const { phase } = this.#now;
    const words = this.#words;
    const { name, said, bar } = this.#parts;
    this.element.dataset.phase = phase;
    name.textContent = this.#name();
    const text = this.#said(words);
    if (said.textContent !== text) said.textContent = text;
    bar.hidden = phase !== "sending" && phase !== "working";
    bar.value = this.#share();
    const label = phase === "sending" ? "faces.sendingProgress" : "faces.workProgress";
    bar.setAttribute("aria-label", words.say(label, this.#name()));
    if (anew) this.#drawTools(words);
  }

  #share() {
    const { phase, sent, all, registration } = this.#now;
    if (phase === "sending") return all > 0 ? sent / all : 0;
    return (registration?.percent ?? 0) / 100;
  }

  #said(words) {
    const { phase, sent, all, paused, registration } = this.#now;
    if (phase === "ready") return words.say("faces.readyShort");
    if (phase === "refused") return words.say("faces.refusedTitle");
    if (phase === "failed") return words.say("faces.sendingFailed");
    if (phase === "sending") {
      if (paused) return words.say("faces.sendingPaused");
      return words.say("faces.sending", words.number(sent / MB, 1), words.number(all / MB, 1));
    }
    const step = registration?.step ?? "waiting";
    return words.say(`faces.step.${words.has(`faces.step.${step}`) ? step : "other"}`);
  }

  #drawTools(words) {
    const { phase } = this.#now;
    const dismiss = () => button("", () => this.onDismiss(), {
      kind: "round", icon: icon("close"), "aria-label": words.say("faces.dismiss", this.#name()),
    });
    const why = phase === "refused" || phase === "failed"
      ? make("p", { class: "why", dir: "auto", text: this.problemText(words) }) : null;
    this.element.querySelector(":scope > .round")?.remove();
    if (phase === "ready") this.element.append(dismiss());
    const tools = phase === "sending" ? [button(words.say("faces.cancel"), () => this.onCancel())] : this.#choices(words, phase);
    this.#parts.tools.replaceChildren(...[why, ...tools].filter(Boolean));
    this.#drawPicture();
  }

  #choices(words, phase) {
    const { avatar, registration } = this.#now;
    const say = (name) => words.say(`faces.${name}`);
    if (phase === "failed") return this.#afterFailure(say);
    if (phase === "ready") return [button(say("unseen"), () => this.#host.onReport(avatar), { icon: icon("report") })];
    if (phase !== "refused") return [];
    const movable = avatar.kind !== "video" && avatar.links.picture && BY_HAND.includes(registration?.refusal?.code);
    return [
      movable ? button(say("byHand"), () => this.#host.onPoints(avatar), { icon: icon("points") }) : null,
      avatar.report?.findings?.length ? button(say("unseen"), () => this.#host.onReport(avatar), { icon: icon("report") }) : null,
      button(say("other"), () => this.#host.onOther()),
      button(say("retire"), () => this.#host.onRetire(avatar)),
    ];
  }

  #afterFailure(say) {
    if (this.#now.avatar) return [button(say("close"), () => this.onDismiss())];
    const again = this.#now.problem?.signedOut || !this.#now.problem?.final;
    return [
      again ? button(say("again"), () => this.onAgain(), { icon: icon("replay") }) : button(say("other"), () => this.#host.onOther()),
      button(say("cancel"), () => this.onCancel()),
    ];
  }

  #drawPicture() {
    const { avatar } = this.#now;
    if (this.#parts.picture.firstChild || !avatar?.links.preview) return;
    this.#host.pictureOf(avatar).then((src) => this.#parts.picture.replaceChildren(make("img", { src, alt: "" })), () => {});
  }
}
