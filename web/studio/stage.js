// The stage: picture at rest, video, live words, state, figures. Shows what a player tells
// and decides nothing.

import { laidOut } from "./directions.js";

const AFTER_END_MS = 700;
const WAIT_UNSAID_MS = 500;

// After the last word of a file whose words have no times of their own.
const ALL_SAID = { start: Infinity, end: Infinity };

const $ = (id) => document.getElementById(id);

export class Stage {
  #words;
  #frame = $("frame");
  #cue = null;
  #resting = 0;
  #begunAt = 0;
  #farthest = 0;
  #expectedMs = 0;
  #size = null;

  constructor(words) {
    this.#words = words;
    this.video = $("video");
  }

  set words(words) {
    this.#words = words;
  }

  /** Show who will speak. */
  showAvatar(avatar, address) {
    const poster = $("poster");
    poster.alt = this.#words.say("preview", this.#words.title(avatar));
    if (poster.getAttribute("src") !== address) poster.src = address;
  }

  /** Give the stage the shape of a size such as 720x1280. */
  showSize(size) {
    const [width, height] = size.split("x").map(Number);
    $("scene").dataset.shape = width < height ? "portrait" : "square";
    this.#size = size;
  }

  /** Whether the pictures have captions of their own: the page's would stand on top of them. */
  showBurned(burned) {
    $("scene").dataset.burned = burned ? "yes" : "no";
  }

  /** The size it has the shape of. */
  get size() {
    return this.#size;
  }

  /** A new utterance begins; about so many milliseconds of speech are expected. */
  begin(expectedMs) {
    this.rest();
    this.#expectedMs = expectedMs;
    this.#begunAt = performance.now();
    this.#farthest = 0;
    setTimeout(() => this.#frame.dispatchEvent(new Event("patience")), WAIT_UNSAID_MS + 20);
  }

  /** Show the picture at rest. */
  rest() {
    clearTimeout(this.#resting);
    this.#frame.dataset.live = "no";
    this.#showCue(null);
  }

  /** Call when a wait has become long enough to be told. */
  onPatience(action) {
    this.#frame.addEventListener("patience", action);
  }

  /** Show what a player tells. */
  show(player) {
    const figures = player.stats;
    const { state } = figures;
    this.#frame.dataset.state = state;
    $("state-text").textContent = this.#stateText(figures);
    this.#figure("first-chunk", figures.firstChunkMs, "ms");
    this.#figure("first-picture", figures.firstPictureMs, "ms");
    this.#figure("length", figures.durationMs > 0 ? figures.durationMs / 1000 : null, "seconds", 1);
    this.#showQueue(figures);
    if (player.busy && figures.frames > 0) {
      clearTimeout(this.#resting);
      this.#frame.dataset.live = "yes";
    } else if (state === "done" && this.#cue !== null) {
      // The last frame stays: another pose put in its place would be seen as a jump.
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#showCue(null), AFTER_END_MS);
    } else if (!player.busy && state !== "done" && this.#frame.dataset.live === "yes") {
      this.rest();
    }
    this.#showTrack(figures);
  }

  /** Show the words at a time of the video. */
  showWords(captions, ms) {
    const { cue, word } = captions.at(ms);
    if (cue !== this.#cue) this.#showCue(cue);
    const said = captions.timed ? word : ALL_SAID;
    for (const element of $("caption").querySelectorAll("[data-start]")) {
      element.dataset.spoken = spoken(Number(element.dataset.start), Number(element.dataset.end), said);
    }
  }

  /** Whether the utterance stands in line, and long enough to be told so. */
  #inLine({ state, place }) {
    // Every utterance stands in line for an instant; only one that really waits is told so.
    return state === "waiting" && place !== null && performance.now() >= this.#begunAt + WAIT_UNSAID_MS;
  }

  #stateText(figures) {
    const { state, place, blocked } = figures;
    if (blocked && state === "speaking") return this.#words.say("blocked");
    if (this.#inLine(figures)) return this.#words.say("state.place", place);
    return this.#words.say(`state.${state}`);
  }

  #showQueue(figures) {
    const waits = this.#inLine(figures);
    $("queue").hidden = !waits;
    if (!waits) return;
    const { place } = figures;
    this.#farthest = Math.max(this.#farthest, place);
    const waitedS = Math.floor((performance.now() - this.#begunAt) / 1000);
    const ahead = place === 1 ? this.#words.say("queue.next") : this.#words.say("queue.ahead", place - 1);
    const waited = this.#words.say("queue.waited", waitedS);
    if ($("queue-place").textContent !== ahead) $("queue-place").textContent = ahead;
    if ($("queue-waited").textContent !== waited) $("queue-waited").textContent = waited;
    $("queue-way").style.transform = `scaleX(${(this.#farthest - place + 1) / (this.#farthest + 1)})`;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#frame.dispatchEvent(new Event("patience")), 1000);
  }

  #figure(id, value, unit, decimals = 0) {
    const text = value === null ? "—" : this.#words.say(unit, this.#words.number(value, decimals));
    if ($(id).textContent !== text) $(id).textContent = text;
  }

  #showTrack({ state, durationMs }) {
    const wholeMs = state === "done" ? this.video.duration * 1000 : Math.max(durationMs, this.#expectedMs);
    const share = (ms) => `scaleX(${wholeMs > 0 ? Math.min(1, ms / wholeMs) : 0})`;
    $("received").style.transform = share(durationMs);
    $("played").style.transform = share(this.video.currentTime * 1000);
  }

  #showCue(cue) {
    if (cue === this.#cue) return;
    this.#cue = cue;
    const caption = $("caption");
    caption.hidden = cue === null;
    caption.replaceChildren(...(cue?.lines ?? []).map(lineElement));
    $("spoken").textContent = (cue?.lines ?? []).map((line) => line.text).join(" ");
  }
}

function spoken(start, end, word) {
  if (word === null || word.end <= start) return "later";
  return word.start < end ? "now" : "before";
}

/** Return one line of a cue as an element that a browser lays out by its own text. */
export function lineElement(line) {
  const { mark, texts } = laidOut(line);
  const element = document.createElement("span");
  element.className = "line";
  element.dir = "auto";
  element.append(mark, ...line.words.flatMap((word, at) => [wordElement(word, texts[at]), " "]).slice(0, -1));
  return element;
}

function wordElement({ start, end }, text) {
  const element = document.createElement("span");
  element.textContent = text;
  element.dataset.start = start;
  element.dataset.end = end;
  return element;
}
