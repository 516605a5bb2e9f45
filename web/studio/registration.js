// How far one avatar's registration is: told over a socket as it changes, asked for where the
// socket does not stand.

import { Backoff } from "./backoff.js";

const PENDING = "pending";

export class Registration {
  #api;
  #onChange;
  #socket = null;
  #over = false;

  /** onChange(registration) hears every step. */
  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Wait until an avatar's registration has ended; return the avatar as it is then, null where
   * nobody waits any more. Raises Problem where it cannot be seen. */
  async ended(avatar) {
    const backoff = new Backoff();
    let seen = avatar;
    while (!this.#over && seen.registration?.state === PENDING) {
      const told = await this.#listen(seen.links).catch(() => false);
      if (told) backoff.reset();
      try {
        seen = await this.#api.json("GET", seen.links.self);
        if (!this.#over) this.#onChange(seen.registration);
      } catch (error) {
        if (error.final) throw error;
      }
      if (seen.registration?.state === PENDING) await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
    return this.#over ? null : seen;
  }

  close() {
    this.#over = true;
    this.#socket?.close();
  }

  /** Listen until the socket closes; return whether it told anything. */
  async #listen(links) {
    // A cookie opens the socket by itself; a token cannot be sent with it.
    const ticket = this.#api.bearer ? (await this.#api.json("POST", links.tickets)).ticket : null;
    const socket = new WebSocket(new URL(links.progress, location.href.replace(/^http/, "ws")).href);
    this.#socket = socket;
    let told = false;
    socket.onopen = () => ticket && socket.send(JSON.stringify({ type: "watch", ticket, position: null }));
    socket.onmessage = (event) => {
      told = true;
      if (!this.#over) this.#onChange(JSON.parse(event.data));
    };
    return new Promise((resolve) => {
      socket.onclose = () => resolve(told);
    });
  }
}
