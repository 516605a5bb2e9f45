// Segments or a file on one <video>: the MediaSource, the cushion, the playhead. Moves as soon
// as a small cushion is there, holds still when it runs dry. Knows no stream and no utterance.

import { Cushion } from "./cushion.js";
import { SourceQueue } from "./source_queue.js";

const MOST_WAITING_BYTES = 24 * 1024 * 1024;
const DRY_MS = 120;

// Some telephones have only the managed kind; some browsers have neither.
const Source = window.MediaSource ?? window.ManagedMediaSource;

export class Playback {
  #video;
  #host;
  #media = null;
  #mediaUrl = null;
  #queue = null;
  #early = [];
  #cushion = new Cushion();
  #moving = false;
  #complete = false;

  /**
   * host: onMoving() when the playhead starts, onDry() when it met the end of what is there,
   * onPlayed() at the end, onBlocked() when the browser wants a press first, onUnplayable(error)
   * when these segments, or this file, cannot be played.
   */
  constructor(video, host) {
    this.#video = video;
    this.#host = host;
    video.addEventListener("waiting", () => this.#starved());
    video.addEventListener("timeupdate", () => this.#queue?.pump());
    video.addEventListener("ended", () => this.#played());
    video.addEventListener("error", () => video.error && host.onUnplayable(video.error));
  }

  get cushionMs() {
    return this.#cushion.ms;
  }

  get moving() {
    return this.#moving;
  }

  /** Whether segments are played, and not a file. */
  get streaming() {
    return this.#media !== null;
  }

  /** Where to go on if it has to be from a file, in seconds. */
  get atS() {
    return this.#video.ended ? 0 : this.#video.currentTime;
  }

  /** Whether more has come than will soon be played. */
  get full() {
    return this.#queue !== null && this.#queue.waitingBytes > MOST_WAITING_BYTES;
  }

  /** Milliseconds that lie ready after the playhead. */
  get readyMs() {
    const ranges = this.#video.buffered;
    if (ranges.length === 0) return 0;
    return (ranges.end(ranges.length - 1) - Math.max(this.#video.currentTime, ranges.start(0))) * 1000;
  }

  /** Begin anew: segments of another stream, or of another epoch, come next. */
  open() {
    this.#letGo();
    if (Source === undefined) return;
    const media = new Source();
    this.#media = media;
    this.#mediaUrl = URL.createObjectURL(media);
    this.#video.src = this.#mediaUrl;
    media.addEventListener("sourceopen", () => media === this.#media && this.#openQueue(), { once: true });
  }

  /** Add a segment; the init segment brings its `mime`. */
  append(bytes, mime = null) {
    if (this.#queue !== null) {
      this.#queue.push(bytes);
      return;
    }
    this.#early.push({ bytes, mime });
    this.#openQueue();
  }

  /** No more segments follow. */
  end() {
    this.#complete = true;
    this.#queue?.end();
    this.#appended();
  }

  /** Play a file from a time in seconds. Raises what the browser raises. */
  async playFile(address, fromS = 0) {
    this.#letGo();
    this.#video.src = address;
    this.#video.currentTime = fromS;
    this.#moving = true;
    this.#host.onMoving();
    await this.#video.play();
  }

  /** Go back to the beginning if it is still there; return whether it is. */
  async rewind() {
    const ranges = this.#video.buffered;
    // What was played long ago has been let go of, but the file has it.
    if (this.#media !== null && (ranges.length === 0 || ranges.start(0) > 0.1)) return false;
    this.#host.onMoving();
    this.#video.currentTime = 0;
    await this.#video.play();
    return true;
  }

  /** Move on after a press. */
  move() {
    this.#moving = true;
    this.#video.play()?.catch((error) => error.name === "NotAllowedError" && this.#host.onBlocked());
    this.#host.onMoving();
  }

  pause() {
    this.#video.pause();
  }

  #letGo() {
    this.#queue?.close();
    this.#queue = null;
    this.#media = null;
    this.#early = [];
    this.#moving = false;
    this.#complete = false;
    if (this.#mediaUrl !== null) URL.revokeObjectURL(this.#mediaUrl);
    this.#mediaUrl = null;
  }

  #openQueue() {
    const mime = this.#early[0]?.mime;
    if (!mime || this.#queue) return;
    if (Source === undefined || !Source.isTypeSupported(mime)) {
      this.#host.onUnplayable(new Error(`no decoder for ${mime}`));
      return;
    }
    if (this.#media.readyState !== "open") return;
    this.#queue = new SourceQueue(this.#media, this.#video, mime, {
      onAppended: () => this.#appended(),
      onBroken: (error) => this.#host.onUnplayable(error),
    });
    for (const { bytes } of this.#early.splice(0)) this.#queue.push(bytes);
    if (this.#complete) this.#queue.end();
  }

  #appended() {
    const ranges = this.#video.buffered;
    if (ranges.length === 0) return;
    // A stream joined late does not begin at zero.
    if (this.#video.currentTime < ranges.start(0)) this.#video.currentTime = ranges.start(0);
    if (!this.#moving && this.#cushion.enough(this.readyMs, this.#complete)) this.move();
  }

  #starved() {
    // The browser also says "waiting" while it decodes what is there; only an empty buffer counts.
    if (!this.#moving || this.#complete || this.#media === null || this.readyMs > DRY_MS) return;
    this.#moving = false;
    this.#video.pause();
    this.#cushion.grow();
    this.#host.onDry();
  }

  #played() {
    if (this.#media === null || this.#complete) this.#host.onPlayed();
  }
}
