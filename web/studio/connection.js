// One stream's socket, kept alive: watches from a position, comes back with a new ticket
// when it is lost, says in words why it will not come back. Knows nothing of video.

import { Backoff } from "./backoff.js";
import { splitMessage } from "./messages.js";

const SILENCE_MS = 8000;
const MOST_TRIES = 40;

const ENDED = 1000;
const NOT_ALLOWED = 4001;
const GONE = 4004;
const FAILED = 4009;

export class Connection {
  #host;
  #newTicket;
  #url;
  #ticket;
  #socket = null;
  #timer = 0;
  #silence = 0;
  #refused = false;
  #over = false;
  #backoff = new Backoff();

  /**
   * stream: {url, ticket} of the answer to the POST; newTicket: fetches another.
   * host: position(), onControl(object), onChunk(header, payload), onLost(), onBack(),
   * onOver(reason, problem) with reason "ended", "gone", "failed", "refused" or "unreachable".
   */
  constructor(stream, newTicket, host) {
    this.#url = new URL(stream.url, location.href.replace(/^http/, "ws")).href;
    this.#ticket = stream.ticket;
    this.#newTicket = newTicket;
    this.#host = host;
    window.addEventListener("offline", this.#offline);
    window.addEventListener("online", this.#online);
  }

  open() {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#watch(socket);
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#listen();
  }

  /** Stop for good. */
  close() {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    window.removeEventListener("offline", this.#offline);
    window.removeEventListener("online", this.#online);
    this.#drop();
  }

  /** Leave this socket and come back from the position reached, as after a hole. */
  restart() {
    this.#drop();
    this.#lost();
  }

  #offline = () => this.#socket && this.restart();

  #online = () => {
    if (this.#over || this.#socket) return;
    clearTimeout(this.#timer);
    this.#comeBack();
  };

  #watch(socket) {
    const ticket = this.#ticket;
    this.#ticket = null;
    socket.send(JSON.stringify({ type: "watch", ticket, position: this.#host.position() }));
  }

  #receive(socket, data) {
    if (socket !== this.#socket) return;
    this.#listen();
    if (typeof data === "string") {
      this.#backoff.reset();
      this.#refused = false;
      this.#host.onBack();
      this.#host.onControl(JSON.parse(data));
      return;
    }
    const { header, payload } = splitMessage(data);
    this.#host.onChunk(header, payload);
  }

  /** A socket may be dead without either end knowing; only silence tells. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket && this.#host.hungry() && this.restart(), SILENCE_MS);
  }

  #closed(socket, code) {
    if (socket !== this.#socket || this.#over) return;
    this.#socket = null;
    if (code === ENDED) this.#finish("ended");
    else if (code === GONE) this.#finish("gone");
    else if (code === FAILED) this.#finish("failed");
    else if (code === NOT_ALLOWED && this.#refused) this.#finish("refused");
    else {
      this.#refused = code === NOT_ALLOWED;
      this.#lost();
    }
  }

  #lost() {
    if (this.#over) return;
    if (this.#backoff.tries >= MOST_TRIES) {
      this.#finish("unreachable");
      return;
    }
    this.#host.onLost();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#comeBack(), this.#backoff.next());
  }

  async #comeBack() {
    try {
      const fresh = await this.#newTicket();
      if (this.#over || this.#socket) return;
      this.#ticket = fresh.ticket;
      this.open();
    } catch (error) {
      if (this.#over) return;
      if (error.final) this.#finish("refused", error);
      else this.#lost();
    }
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.close();
  }

  #finish(reason, problem = null) {
    this.close();
    this.#host.onOver(reason, problem);
  }
}
