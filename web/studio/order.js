// One file that is to become an avatar: its bytes go up, then it is asked for. Kept in the browser
// until the service has it, so that it can be gone on with by another page.

import { Backoff } from "./backoff.js";
import { Abandoned, Upload } from "./tus.js";

const KEEP_EVERY_BYTES = 1 << 20;

export class Order {
  #api;
  #store;
  #record;
  #upload = null;
  #over = false;

  /** record: {id, owner, file, fields, address, sent} as it is kept. */
  constructor(api, store, record) {
    this.#api = api;
    this.#store = store;
    this.#record = record;
  }

  /** Bring it to the service; return the avatar. host: onProgress(sent), onPaused(why or null).
   * Raises Problem where trying again cannot help, and Abandoned. */
  async run(host) {
    if (this.#over) throw new Abandoned();
    // Another tab may have the same order; it then has the right of way.
    return holding(`avatar.upload.${this.#record.id}`, () => this.#carry(host));
  }

  abandon() {
    this.#over = true;
    this.#upload?.abandon();
  }

  async #carry(host) {
    this.#upload = new Upload(this.#api, this.#record.file, this.#record.address, {
      onAddress: (address) => this.#keep({ address, sent: 0 }),
      onProgress: (sent) => {
        host.onProgress(sent);
        if (sent - this.#record.sent >= KEEP_EVERY_BYTES) this.#keep({ sent });
      },
      onPaused: host.onPaused,
    });
    const upload = await this.#upload.run();
    const avatar = await this.#register(upload, host);
    await this.#store.remove(this.#record.id);
    return avatar;
  }

  /** The key makes it harmless to ask twice when an answer was lost. */
  async #register(upload, host) {
    const backoff = new Backoff();
    for (;;) {
      try {
        const key = { "Idempotency-Key": this.#record.id };
        const avatar = await this.#api.json("POST", "/v1/avatars", { ...this.#record.fields, upload }, key);
        host.onPaused(null);
        return avatar;
      } catch (error) {
        if (error.final || this.#over) throw this.#over ? new Abandoned() : error;
        host.onPaused(error);
        await new Promise((resolve) => setTimeout(resolve, backoff.next()));
      }
    }
  }

  #keep(change) {
    Object.assign(this.#record, change);
    this.#store.put(this.#record);
  }
}

/** Run while nobody else in this browser runs under the same name, where it can tell. */
function holding(name, action) {
  return navigator.locks ? navigator.locks.request(name, action) : action();
}
