// The stage: picture at rest, video, live words, state, figures. Shows what a player tells
// and decides nothing.

const AFTER_END_MS = 700;
const WAIT_UNSAID_MS = 500;

const $ = (id) => document.getElementById(id);

export class Stage {
  #words;
  #frame = $("frame");
  #line = null;
  #resting = 0;
  #saidAfter = 0;
  #expectedMs = 0;

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
    this.#frame.dataset.shape = width < height ? "portrait" : "square";
  }

  /** A new utterance begins; about so many milliseconds of speech are expected. */
  begin(expectedMs) {
    clearTimeout(this.#resting);
    this.#expectedMs = expectedMs;
    this.#frame.dataset.live = "no";
    this.#saidAfter = performance.now() + WAIT_UNSAID_MS;
    setTimeout(() => this.#frame.dispatchEvent(new Event("patience")), WAIT_UNSAID_MS + 20);
    this.#showLine(null);
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
    if (player.busy && figures.frames > 0) {
      clearTimeout(this.#resting);
      this.#frame.dataset.live = "yes";
    } else if (!player.busy && this.#frame.dataset.live === "yes") {
      this.#rest(state === "done" ? AFTER_END_MS : 0);
    }
    this.#showTrack(figures);
  }

  /** Show the words at a time of the video. */
  showWords(captions, ms) {
    const { line, word } = captions.at(ms);
    if (line !== this.#line || (line && $("caption").childElementCount !== line.words.length)) {
      this.#showLine(line);
    }
    for (const element of $("caption").children) {
      const index = Number(element.dataset.index);
      const now = word !== null && index === word.index ? "now" : "later";
      element.dataset.spoken = word !== null && index < word.index ? "before" : now;
    }
  }

  #stateText({ state, place, blocked }) {
    const patient = performance.now() < this.#saidAfter;
    if (blocked && state === "speaking") return this.#words.say("blocked");
    // Every utterance stands in line for an instant; only one that really waits is told so.
    if (state === "waiting" && place !== null && !patient) return this.#words.say("state.place", place);
    return this.#words.say(`state.${state}`);
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

  #rest(afterMs) {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#frame.dataset.live = "no";
      this.#showLine(null);
    }, afterMs);
  }

  #showLine(line) {
    const caption = $("caption");
    caption.hidden = line === null;
    if (line === null) caption.replaceChildren();
    else caption.replaceChildren(...line.words.flatMap((word) => [wordElement(word), " "]).slice(0, -1));
    if (line !== this.#line) $("spoken").textContent = line === null ? "" : line.words.map((w) => w.text).join(" ");
    this.#line = line;
  }
}

function wordElement(word) {
  const element = document.createElement("span");
  element.textContent = word.text;
  element.dataset.index = word.index;
  return element;
}
