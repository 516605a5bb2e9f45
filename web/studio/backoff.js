// How long to wait before trying again: doubled each time, never the same for two viewers,
// so that a thousand of them do not come back in one moment.

const FIRST_MS = 120;
const MOST_MS = 5000;

export class Backoff {
  #tries = 0;
  #chance;

  constructor(chance = Math.random) {
    this.#chance = chance;
  }

  get tries() {
    return this.#tries;
  }

  /** Return the next pause in milliseconds. */
  next() {
    const whole = Math.min(MOST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return whole * (0.5 + this.#chance() / 2);
  }

  /** Something worked: the next pause is short again. */
  reset() {
    this.#tries = 0;
  }
}
