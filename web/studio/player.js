// One utterance at a time: chunks from a connection into the playback, in order and once;
// whatever goes wrong on the way, the finished file instead. What happens is told to `onChange`
// and stands in `stats`.

import { Failure } from "./api.js";
import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { Cursor } from "./cursor.js";
import { noFigures, watchFrames } from "./frames.js";
import { Playback } from "./playback.js";

const MOST_HOLES = 8;
const HUNGRY_MS = 1500;

const BUSY = new Set(["sending", "waiting", "speaking", "stalled", "reconnecting"]);

export class Player {
  #api;
  #films;
  #onChange;
  #onFrame;
  #playback;
  #turn = 0;
  #link = null;
  #cursor = new Cursor();
  #ending = null;
  #pressedAt = 0;
  #figures = noFigures();

  captions = new Captions();
  utterance = null;
  problem = null;

  /** onChange(player) hears every change; onFrame(ms) every frame that is shown, with its time. */
  constructor(video, api, films, { onChange, onFrame }) {
    this.#api = api;
    this.#films = films;
    this.#onChange = onChange;
    this.#onFrame = onFrame;
    this.#playback = new Playback(video, {
      onMoving: () => this.state !== "reconnecting" && this.#set({ state: "speaking" }),
      onDry: () => this.#dry(),
      onPlayed: () => this.busy && this.#set({ state: "done" }),
      onBlocked: () => this.#set({ blocked: true }),
      onUnplayable: (error) => this.#unplayable(error),
    });
    watchFrames(video, (atMs, mediaTimeS) => this.#shown(atMs, mediaTimeS));
  }

  /** What has happened so far; a copy. */
  get stats() {
    return Object.freeze({
      ...this.#figures, cushionMs: this.#playback.cushionMs, position: this.#cursor.position,
    });
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
    this.#playback.open();
    try {
      const made = await this.#api.json("POST", "/v1/utterances", body);
      if (turn !== this.#turn) {
        await this.#api.json("DELETE", made.links.self);
        return;
      }
      this.captions = new Captions(made.shown ?? body.text, made.cues);
      this.#follow(made);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** Stop at once, here and at the service. */
  async cancel() {
    const { utterance, busy } = this;
    if (!busy) return;
    this.#stop();
    if (utterance === null) return;
    try {
      await this.#api.json("DELETE", utterance.links.self);
    } catch (error) {
      // It has stopped here; the service ends it by itself if it cannot be told.
      console.info("cancel did not arrive", error.message);
    }
  }

  /** The page goes away: nobody will see the rest. */
  leave() {
    const { utterance, busy } = this;
    if (!busy) return;
    this.#stop();
    if (utterance !== null) this.#api.tell("DELETE", utterance.links.self);
  }

  /** Play a finished file with its captions. */
  async playFile(path, captions) {
    // What is being made for nobody would keep the next one waiting.
    this.cancel();
    this.#clear();
    this.captions = captions;
    this.#set({ state: "waiting" });
    await this.#playFile(path);
  }

  /** Play again what was just played, from its beginning. */
  async replay() {
    if (this.state !== "done") return;
    const turn = this.#turn;
    try {
      if (!(await this.#playback.rewind())) await this.#takeFile();
    } catch (error) {
      if (turn === this.#turn && error.name !== "AbortError") this.#fail(error);
    }
  }

  /** Go on after the browser held the playback until the person's next press. */
  unblock() {
    if (!this.#figures.blocked) return;
    this.#set({ blocked: false });
    this.#playback.move();
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
      hungry: () => this.#figures.place === null && this.#playback.readyMs < HUNGRY_MS,
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
      this.#playback.append(payload, header.mime);
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
      this.#playback.append(payload);
      // What comes faster than it is played is fetched again later rather than piled up.
      if (this.#playback.full) this.#link?.restart();
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
      this.#playback.pause();
      this.#set({ state: "cancelled" });
    } else if (detail.chunks !== this.#figures.chunks || detail.duration_ms !== this.#figures.durationMs) {
      this.#set({ mismatches: this.#figures.mismatches + 1 });
      this.#takeFile();
    } else {
      this.#playback.end();
    }
  }

  #startOver() {
    this.#count("epochs");
    this.#figures.chunks = 0;
    this.#figures.durationMs = 0;
    this.captions.forgetTimes();
    this.#playback.open();
  }

  #dry() {
    this.#count("underruns");
    if (this.state === "speaking") this.#set({ state: "stalled" });
  }

  #lost() {
    this.#figures.reconnects += 1;
    this.#set({ state: "reconnecting" });
  }

  #back() {
    if (this.state === "reconnecting") this.#set({ state: this.#playback.moving ? "speaking" : "waiting" });
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
    const from = this.#playback.atS;
    try {
      const row = await this.finished();
      if (turn === this.#turn && row) await this.#playFile(row.links.video, from);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async #playFile(path, from = 0) {
    const turn = this.#turn;
    try {
      const address = await this.#films.address(path);
      if (turn !== this.#turn) return;
      this.#set({ fromFile: true });
      await this.#playback.playFile(address, from);
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

  #unplayable(error) {
    if (!this.busy) return;
    if (this.#playback.streaming || this.#link !== null) this.#takeFile();
    else this.#fail(new Failure("video", error.message));
  }

  #stop() {
    this.#turn += 1;
    this.#closeLink();
    this.#playback.pause();
    this.#set({ state: "cancelled" });
  }

  #fail(problem) {
    this.#closeLink();
    this.#playback.pause();
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
    this.#ending = null;
    this.utterance = null;
    this.problem = null;
    this.captions = new Captions();
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
