// Recorded sound in place of a text: a file that is chosen or dropped goes up, is read by the
// service, and stands beside the text as what will be spoken. Speaks nothing itself.

import { Backoff } from "./backoff.js";
import { Abandoned, Upload } from "./tus.js";

const LOOK_EVERY_MS = 300;
const UNREAD = ["queued", "reading"];

const $ = (id) => document.getElementById(id);

export class SoundChoice {
  #api;
  #host;
  #upload = null;
  #turn = 0;
  #shown = null;
  /** The recording as the service shows it once it is ready; null before, and without one. */
  ready = null;

  /** host: words(), onChange(). */
  constructor(api, host) {
    this.#api = api;
    this.#host = host;
    $("sound-choose").addEventListener("click", () => $("sound-file").click());
    $("sound-file").addEventListener("change", () => this.#takeFiles($("sound-file").files));
    $("sound-drop").addEventListener("click", () => this.clear());
    this.#listenForDrops($("paper"));
  }

  /** Whether a file is on its way, or stands there. */
  get chosen() {
    return this.#shown !== null && this.#shown.problem === undefined;
  }

  /** Go back to a text. */
  clear() {
    this.#turn += 1;
    this.#upload?.abandon();
    this.#upload = null;
    $("sound-file").value = "";
    this.#tell(null);
  }

  /** Show all in the page's language. */
  show() {
    const words = this.#host.words();
    const now = this.#shown;
    $("sound").hidden = now === null;
    $("sound").dataset.state = now?.problem === undefined ? "good" : "wrong";
    if (now === null) return;
    $("sound-name").textContent = now.name;
    $("sound-state").textContent = stateOf(now, words);
    $("sound-way").style.inlineSize = `${now.percent ?? 0}%`;
    $("sound-track").hidden = now.percent === undefined;
  }

  #listenForDrops(place) {
    place.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      place.dataset.over = "yes";
    });
    place.addEventListener("dragleave", () => delete place.dataset.over);
    place.addEventListener("drop", (event) => {
      if (event.dataTransfer.files.length === 0) return;
      event.preventDefault();
      // Anywhere else on the page a file is meant as a face.
      event.stopPropagation();
      delete place.dataset.over;
      this.#takeFiles(event.dataTransfer.files);
    });
  }

  async #takeFiles([file]) {
    if (file === undefined) return;
    this.clear();
    const turn = this.#turn;
    const { name } = file;
    try {
      this.#tell({ name, step: "sending", percent: 0 });
      this.#upload = new Upload(this.#api, file, null, {
        onAddress: () => {},
        onProgress: (sent) => this.#tellIf(turn, { name, step: "sending", percent: percentOf(sent, file.size) }),
        onPaused: () => {},
      });
      const upload = await this.#upload.run();
      // From here on it is the recording's, and goes when that has been read.
      this.#upload = null;
      const key = { "Idempotency-Key": crypto.randomUUID() };
      const made = await this.#api.json("POST", "/v1/recordings", { upload, title: name.slice(0, 200) }, key);
      await this.#follow(turn, name, made);
    } catch (problem) {
      if (!(problem instanceof Abandoned)) this.#tellIf(turn, { name, problem });
    }
  }

  async #follow(turn, name, made) {
    const backoff = new Backoff();
    let row = made;
    while (UNREAD.includes(row.state) && turn === this.#turn) {
      this.#tell({ name, step: "reading", percent: row.percent });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      try {
        row = await this.#api.json("GET", row.links.self);
        backoff.reset();
      } catch (error) {
        if (error.final) throw error;
        await new Promise((resolve) => setTimeout(resolve, backoff.next()));
      }
    }
    if (turn !== this.#turn) return;
    if (row.state !== "ready") throw new Refused(row.refusal);
    this.#tell({ name, row });
  }

  #tellIf(turn, what) {
    if (turn === this.#turn) this.#tell(what);
  }

  #tell(what) {
    this.#shown = what;
    this.ready = what?.row ?? null;
    this.show();
    this.#host.onChange();
  }
}

/** The service has read the file and will not have it spoken. */
class Refused extends Error {
  constructor(refusal) {
    super(refusal?.detail ?? "refused");
    this.slug = "recording-refused";
    this.refusal = refusal;
  }

  text(language) {
    return (language === "fa" ? this.refusal?.detail_fa : this.refusal?.detail) ?? this.message;
  }
}

function stateOf({ problem, row, step, percent }, words) {
  if (problem !== undefined) return words.problem(problem);
  if (row === undefined) return words.say(`sound.${step}`, percent);
  const seconds = Math.round(row.duration_ms / 1000);
  const length = [Math.floor(seconds / 60), seconds % 60];
  return words.say("sound.ready", ...length);
}

function percentOf(sent, size) {
  return size === 0 ? 0 : Math.min(100, Math.floor((100 * sent) / size));
}
