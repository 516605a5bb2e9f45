// Segments into a SourceBuffer, in order and one at a time; makes room by letting go of
// what was played. Knows nothing of sockets or sequence numbers.

const KEEP_PLAYED_S = 20;

export class SourceQueue {
  #buffer;
  #media;
  #video;
  #waiting = [];
  #bytes = 0;
  #ending = false;
  #closed = false;

  /** onAppended is called after each append; onBroken with what the browser refused. */
  constructor(media, video, mime, { onAppended, onBroken }) {
    this.#media = media;
    this.#video = video;
    this.#buffer = media.addSourceBuffer(mime);
    this.#buffer.mode = "segments";
    this.onAppended = onAppended;
    this.onBroken = onBroken;
    this.#buffer.addEventListener("updateend", () => this.#updated());
    this.#buffer.addEventListener("error", () => this.#broken(new Error("segment refused")));
  }

  /** Bytes that wait for their turn. */
  get waitingBytes() {
    return this.#bytes;
  }

  /** Whether everything that was pushed is in the buffer. */
  get idle() {
    return this.#waiting.length === 0 && !this.#buffer.updating;
  }

  push(bytes) {
    this.#waiting.push(bytes);
    this.#bytes += bytes.byteLength;
    this.pump();
  }

  /** No more segments follow. */
  end() {
    this.#ending = true;
    this.pump();
  }

  /** Let go: nothing is appended after this. */
  close() {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
  }

  /** Append what waits if the buffer takes it now; also called as the playhead moves. */
  pump() {
    if (this.#closed || this.#media.readyState !== "open" || this.#buffer.updating) return;
    if (this.#waiting.length > 0) this.#append(this.#waiting[0]);
    else if (this.#ending) this.#media.endOfStream();
  }

  #append(bytes) {
    try {
      this.#buffer.appendBuffer(bytes);
    } catch (error) {
      // Full: what was played goes, or the segment waits until more has been played.
      if (error.name === "QuotaExceededError") this.#evict(2);
      else this.#broken(error);
      return;
    }
    this.#waiting.shift();
    this.#bytes -= bytes.byteLength;
  }

  #updated() {
    if (this.#closed || this.#media.readyState !== "open") return;
    if (!this.#evict(KEEP_PLAYED_S)) this.pump();
    this.onAppended();
  }

  /** Remove what was played longer ago than some seconds; true if a removal was begun. */
  #evict(keepS) {
    const until = this.#video.currentTime - keepS;
    const ranges = this.#buffer.buffered;
    if (ranges.length === 0 || until - ranges.start(0) < keepS / 2) return false;
    this.#buffer.remove(0, until);
    return true;
  }

  #broken(error) {
    if (this.#closed) return;
    this.close();
    this.onBroken(error);
  }
}
