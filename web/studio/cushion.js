// How much sound and picture must lie ready before the playhead moves, in milliseconds.
// Small at first, since every millisecond of it is waited for; larger after each underrun.

const START_MS = 200;
const STEP_MS = 320;
const MOST_MS = 1600;

export class Cushion {
  #ms = START_MS;

  get ms() {
    return this.#ms;
  }

  /** Whether the playhead may move: enough is ready, or nothing more will come. */
  enough(readyMs, complete) {
    // A frame's worth of slack: the buffered range ends with the shorter of sound and picture.
    return complete ? readyMs > 0 : readyMs + 40 >= this.#ms;
  }

  /** The playhead met the end of what was there. */
  grow() {
    this.#ms = Math.min(MOST_MS, this.#ms + STEP_MS);
  }
}
