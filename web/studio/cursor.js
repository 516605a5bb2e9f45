// How far a viewer has come, and what the next chunk is to it. Knows no socket.

export class Cursor {
  #epoch;
  #seq = 0;

  constructor(epoch = null) {
    this.#epoch = epoch;
  }

  /** Where to resume: {epoch, seq} as the service takes it, null before the first chunk. */
  get position() {
    return this.#seq === 0 ? null : { epoch: this.#epoch, seq: this.#seq };
  }

  get epoch() {
    return this.#epoch;
  }

  /**
   * Judge a chunk and, if it is the next one, advance.
   *
   * Returns "next"; "again" for one that is here already; "hole" when some before it are
   * missing; "reset" when positions from before no longer mean the same content.
   */
  take({ epoch, seq }) {
    const reset = this.meet(epoch) === "reset";
    if (seq <= this.#seq) return "again";
    if (seq > this.#seq + 1) return reset ? "reset" : "hole";
    this.#seq = seq;
    return reset ? "reset" : "next";
  }

  /** Note which epoch the service is in: "same", or "reset" when it is another than before. */
  meet(epoch) {
    if (this.#epoch === epoch) return "same";
    const had = this.#epoch !== null && this.#seq > 0;
    this.#epoch = epoch;
    this.#seq = 0;
    return had ? "reset" : "same";
  }
}
