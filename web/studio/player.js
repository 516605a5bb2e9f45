// One utterance on one <video>: chunks from a connection into a MediaSource, in order and
// once, the playhead moving as soon as a small cushion is there. Draws nothing else; what
// happens is told to `onChange` and stands in `stats`.

import { Failure } from "./api.js";
import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { Cursor } from "./cursor.js";
import { Cushion } from "./cushion.js";
import { noFigures, watchFrames } from "./frames.js";
import { SourceQueue } from "./source_queue.js";

const MOST_WAITING_BYTES = 24 * 1024 * 1024;
const MOST_HOLES = 8;

// Some telephones have only the managed kind; some browsers have neither.
const Source = window.MediaSource ?? window.ManagedMediaSource;

const BUSY = new Set(["sending", "waiting", "speaking", "stalled", "reconnecting"]);

export class Player {
  #video;
  #api;
  #onChange;
  #onFrame;
  #turn = 0;
  #media = null;
  #queue = null;
  #early = [];
  #link = null;
  #cursor = new Cursor();
  #cushion = new Cushion();
  #moving = false;
  #complete = false;
  #ending = null;
  #pressedAt = 0;
  #mediaUrl = null;
  #figures = noFigures();

  captions = new Captions();
  utterance = null;
  problem = null;

  /** onChange(player) hears every change; onFrame(ms) every frame that is shown, with its time. */
  constructor(video, api, { onChange, onFrame }) {
    this.#video = video;
    this.#api = api;
    this.#onChange = onChange;
    this.#onFrame = onFrame;
    video.addEventListener("waiting", () => this.#starved());
    video.addEventListener("timeupdate", () => this.#queue?.pump());
    video.addEventListener("ended", () => this.#played());
    video.addEventListener("error", () => this.#videoFailed());
    watchFrames(video, (atMs, mediaTimeS) => this.#shown(atMs, mediaTimeS));
  }

  /** What has happened so far; a copy. */
  get stats() {
    return Object.freeze({ ...this.#figures, cushionMs: this.#cushion.ms, position: this.#cursor.position });
  }

  get state() {
    return this.#figures.state;
  }

  /** Whether an utterance is on its way or playing. */
  get busy() {
    return BUSY.has(this.state);
  }

  /** Post a request body and play what comes. */
  async speak(body, pressedAt = performance.now()) {
    this.#clear();
    const turn = this.#turn;
    this.#pressedAt = pressedAt;
    this.#set({ state: "sending" });
    this.#openMedia();
    try {
      const made = await this.#api.json("POST", "/v1/utterances", body);
      if (turn !== this.#turn) {
        await this.#api.json("DELETE", made.links.self);
        return;
      }
      this.#follow(made);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** Stop at once, here and at the service. */
  async cancel() {
    const { utterance, busy } = this;
    if (!busy) return;
    this.#turn += 1;
    this.#closeLink();
    this.#video.pause();
    this.#set({ state: "cancelled" });
    if (utterance === null) return;
    try {
      await this.#api.json("DELETE", utterance.links.self);
    } catch (error) {
      // It has stopped here; the service ends it by itself if it cannot be told.
      console.info("cancel did not arrive", error.message);
    }
  }

  /** Play a finished file; `rows` are the words to show with it, if they are known. */
  async playFile(path, rows = []) {
    // What is being made for nobody would keep the next one waiting.
    this.cancel();
    this.#clear();
    this.captions.add(rows);
    await this.#playFile(path);
  }

  /** Play again what was just played, from its beginning. */
  async replay() {
    if (this.state !== "done") return;
    const ranges = this.#video.buffered;
    // What was played long ago has been let go of, but the file has it.
    if (this.#media !== null && (ranges.length === 0 || ranges.start(0) > 0.1)) {
      await this.#takeFile();
      return;
    }
    this.#set({ state: "speaking" });
    this.#video.currentTime = 0;
    await this.#video.play();
  }

  /** Go on after the browser held the playback until the person's next press. */
  unblock() {
    if (!this.#figures.blocked) return;
    this.#set({ blocked: false });
    this.#move();
  }

  /** Show a problem that met the page outside an utterance; null takes it back. */
  tellProblem(problem) {
    if (problem !== null && !this.busy) this.#fail(problem);
    else if (problem === null && this.state === "failed") this.#set({ state: "idle" });
  }

  #follow(made) {
    this.utterance = made;
    this.#cursor = new Cursor(made.stream.epoch);
    this.#set({ state: "waiting", place: made.position, utterance: made.id });
    this.#link = new Connection(made.stream, () => this.#api.json("POST", made.links.tickets), {
      position: () => this.#cursor.position,
      hungry: () => this.#figures.place === null && this.#readyMs() < 1500,
      onControl: (message) => this.#control(message),
      onChunk: (header, payload) => this.#chunk(header, payload),
      onLost: () => this.#lost(),
      onBack: () => this.#back(),
      onOver: (reason, problem) => this.#over(reason, problem),
    });
    this.#link.open();
  }

  #control(message) {
    if (message.type === "hello" && this.#cursor.meet(message.epoch) === "reset") this.#startOver();
    this.#set({ place: message.position });
  }

  #chunk(header, payload) {
    if (header.kind === "init") {
      this.#append(payload, header.mime);
      return;
    }
    const verdict = this.#cursor.take(header);
    if (verdict === "again") {
      this.#count("duplicates");
    } else if (verdict === "hole") {
      this.#count("holes");
      if (this.#figures.holes < MOST_HOLES) this.#link.restart();
      else this.#takeFile();
    } else {
      if (verdict === "reset") this.#startOver();
      this.#next(header, payload);
    }
  }

  #next(header, payload) {
    if (header.kind === "media") {
      this.#figures.chunks += 1;
      this.#figures.durationMs += header.duration_ms;
      this.#figures.firstChunkMs ??= performance.now() - this.#pressedAt;
      this.#figures.place = null;
      this.captions.add(header.words);
      this.#append(payload);
      this.#tell();
    } else if (header.kind !== "event") {
      this.#ending = header;
      this.#ended(header);
    }
  }

  #ended({ kind, detail }) {
    // Nothing follows an ending, so a socket lost from here on is no loss.
    this.#closeLink();
    if (kind === "failed") {
      this.#fail(new Failure(detail.code, detail.message));
    } else if (kind === "cancelled") {
      this.#video.pause();
      this.#set({ state: "cancelled" });
    } else if (detail.chunks !== this.#figures.chunks || detail.duration_ms !== this.#figures.durationMs) {
      this.#set({ mismatches: this.#figures.mismatches + 1 });
      this.#takeFile();
    } else {
      this.#complete = true;
      this.#queue?.end();
      this.#appended();
    }
  }

  #append(bytes, mime = null) {
    if (this.#queue === null) {
      this.#early.push({ bytes, mime });
      this.#openQueue();
      return;
    }
    this.#queue.push(bytes);
    // What comes faster than it is played is fetched again later rather than piled up.
    if (this.#queue.waitingBytes > MOST_WAITING_BYTES) this.#link?.restart();
  }

  #openMedia() {
    this.#queue?.close();
    this.#queue = null;
    this.#early = [];
    this.#moving = false;
    this.#media = null;
    if (this.#mediaUrl) URL.revokeObjectURL(this.#mediaUrl);
    if (Source === undefined) return;
    const media = new Source();
    this.#media = media;
    this.#mediaUrl = URL.createObjectURL(media);
    this.#video.src = this.#mediaUrl;
    media.addEventListener("sourceopen", () => media === this.#media && this.#openQueue(), { once: true });
  }

  #openQueue() {
    const mime = this.#early[0]?.mime;
    if (!mime || this.#queue) return;
    if (Source === undefined || !Source.isTypeSupported(mime)) {
      this.#takeFile();
      return;
    }
    if (this.#media.readyState !== "open") return;
    this.#queue = new SourceQueue(this.#media, this.#video, mime, {
      onAppended: () => this.#appended(),
      onBroken: () => this.#takeFile(),
    });
    for (const { bytes } of this.#early.splice(0)) this.#queue.push(bytes);
    if (this.#complete) this.#queue.end();
  }

  #startOver() {
    this.#count("epochs");
    this.#figures.chunks = 0;
    this.#figures.durationMs = 0;
    this.captions.clear();
    this.#openMedia();
  }

  #appended() {
    const ranges = this.#video.buffered;
    if (ranges.length === 0) return;
    // A stream joined late does not begin at zero.
    if (this.#video.currentTime < ranges.start(0)) this.#video.currentTime = ranges.start(0);
    if (!this.#moving && this.#cushion.enough(this.#readyMs(), this.#complete)) this.#move();
  }

  #move() {
    this.#moving = true;
    const playing = this.#video.play();
    playing?.catch((error) => {
      if (error.name === "NotAllowedError") this.#set({ blocked: true });
    });
    if (this.state !== "reconnecting") this.#set({ state: "speaking" });
  }

  #readyMs() {
    const ranges = this.#video.buffered;
    if (ranges.length === 0) return 0;
    return (ranges.end(ranges.length - 1) - Math.max(this.#video.currentTime, ranges.start(0))) * 1000;
  }

  #starved() {
    // The browser also says "waiting" while it decodes what is there; only an empty buffer counts.
    if (!this.#moving || this.#complete || this.#media === null || this.#readyMs() > 120) return;
    this.#moving = false;
    this.#video.pause();
    this.#cushion.grow();
    this.#count("underruns");
    if (this.state === "speaking") this.#set({ state: "stalled" });
  }

  #played() {
    if (this.#media === null || this.#complete) this.#set({ state: "done" });
  }

  #lost() {
    this.#figures.reconnects += 1;
    this.#set({ state: "reconnecting" });
  }

  #back() {
    if (this.state === "reconnecting") this.#set({ state: this.#moving ? "speaking" : "waiting" });
  }

  #over(reason, problem) {
    if (reason === "ended" && this.#ending !== null) return;
    if (reason === "failed" && this.#ending === null) this.#explain();
    else if (reason === "ended" || reason === "gone") this.#takeFile();
    else if (reason !== "failed") this.#fail(problem ?? new Failure(reason));
  }

  /** The last message did not arrive, but the row knows why it failed. */
  async #explain() {
    const turn = this.#turn;
    try {
      const row = await this.#api.json("GET", this.utterance.links.self);
      if (turn === this.#turn) this.#fail(new Failure(row.error?.code, row.error?.message));
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** The stream cannot be gone on with: play the finished file from where the viewer was. */
  async #takeFile() {
    this.#closeLink();
    const turn = this.#turn;
    const from = this.#video.ended ? 0 : this.#video.currentTime;
    try {
      const row = await this.finished();
      if (turn === this.#turn && row) await this.#playFile(row.links.video, from);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async #playFile(path, from = 0) {
    this.#queue?.close();
    this.#media = null;
    this.#queue = null;
    const turn = this.#turn;
    try {
      const address = await this.#api.address(path);
      if (turn !== this.#turn) return;
      this.#video.src = address;
      this.#video.currentTime = from;
      this.#moving = true;
      this.#set({ state: "speaking", fromFile: true });
      await this.#video.play();
    } catch (error) {
      if (turn === this.#turn && error.name !== "AbortError") this.#fail(error);
    }
  }

  /** Return the utterance's row once its file can be fetched; null if the viewer went on. */
  async finished() {
    const turn = this.#turn;
    for (let pauseMs = 150; turn === this.#turn; pauseMs = Math.min(2000, pauseMs * 1.5)) {
      const row = await this.#api.json("GET", this.utterance.links.self);
      if (row.video !== null) return row;
      if (row.state === "failed") throw new Failure(row.error?.code, row.error?.message);
      if (row.state === "cancelled" || row.expired_at !== null) return null;
      await new Promise((resume) => setTimeout(resume, pauseMs));
    }
    return null;
  }

  #videoFailed() {
    if (this.#video.error === null || !this.busy) return;
    if (this.#media === null) this.#fail(new Failure("video", this.#video.error.message));
    else this.#takeFile();
  }

  #fail(problem) {
    this.#closeLink();
    this.#video.pause();
    this.problem = problem;
    this.#set({ state: "failed" });
  }

  #closeLink() {
    this.#link?.close();
    this.#link = null;
  }

  #clear() {
    this.#turn += 1;
    this.#closeLink();
    this.#cursor = new Cursor();
    this.#complete = false;
    this.#ending = null;
    this.#moving = false;
    this.utterance = null;
    this.problem = null;
    this.captions.clear();
    this.#figures = noFigures();
  }

  #shown(atMs, mediaTimeS) {
    const figures = this.#figures;
    figures.frames += 1;
    if (figures.frames === 1) {
      if (!figures.fromFile) figures.firstPictureMs = atMs - this.#pressedAt;
      this.#tell();
    }
    this.#onFrame(mediaTimeS * 1000);
  }

  #count(name) {
    this.#set({ [name]: this.#figures[name] + 1 });
  }

  #set(changes) {
    Object.assign(this.#figures, changes);
    this.#tell();
  }

  #tell() {
    this.#onChange(this);
  }
}
