// Faces on their way: bytes that go up, registrations under way, those that came to nothing.
// Each is one row of a list, told to a screen reader as it changes.

import { Order } from "./order.js";
import { ArrivalRow } from "./arrival_row.js";
import { Registration } from "./registration.js";
import { UploadStore } from "./upload_store.js";
import { Abandoned } from "./tus.js";

const MOST_AT_ONCE = 2;
const MOST_LISTED = 24;

const $ = (id) => document.getElementById(id);

export class Arrivals {
  #api;
  #words;
  #host;
  #store = new UploadStore();
  #rows = new Map();
  #waiting = [];
  #sending = 0;
  #owner = null;

  /** words(): the page's texts. host: onReady, onReport, onPoints, onRetire with an avatar, onOther(). */
  constructor(api, words, host) {
    this.#api = api;
    this.#words = words;
    this.#host = host;
  }

  /** Go on with what was under way when the page was left. Raises Problem. */
  async begin() {
    const { owner } = await this.#api.json("GET", "/v1/session");
    if (owner === this.#owner) return;
    const asked = new URLSearchParams({ state: "pending,refused", limit: MOST_LISTED });
    const { avatars } = await this.#api.json("GET", `/v1/avatars?${asked}`);
    this.#clear();
    this.#owner = owner;
    for (const avatar of avatars.filter((each) => each.own)) this.#follow(avatar.id);
    for (const record of await this.#store.all()) {
      if (record.owner === owner && !this.#rows.has(record.id)) this.#enqueue(record);
    }
  }

  /** Take up what the person wants sent: {file, fields} each. */
  async take(orders) {
    for (const { file, fields } of orders) {
      const id = newId();
      const record = { id, owner: this.#owner, file, fields, address: null, sent: 0 };
      this.#enqueue(record);
      await this.#store.put(record);
    }
    $("arrivals").scrollIntoView({ block: "nearest" });
  }

  show() {
    const words = this.#words();
    $("arrivals").hidden = this.#rows.size === 0;
    for (const row of this.#rows.values()) row.show(words);
  }

  /** An avatar's face was set right: what stood here about it is past. */
  settle(avatar) {
    if (avatar.state === "ready") this.drop(avatar.id);
  }

  drop(id) {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    this.show();
  }

  #clear() {
    for (const row of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#waiting = [];
  }

  #row(id, about) {
    const row = new ArrivalRow(about, {
      ...this.#host,
      onDismiss: () => this.drop(id),
    });
    this.#rows.set(id, row);
    $("arrival-list").prepend(row.element);
    this.show();
    return row;
  }

  #enqueue(record) {
    const order = new Order(this.#api, this.#store, record);
    const row = this.#row(record.id, { titles: record.fields, file: record.file });
    row.onCancel = () => {
      order.abandon();
      this.#waiting = this.#waiting.filter((each) => each.order !== order);
      this.#store.remove(record.id);
      this.drop(record.id);
    };
    row.onAgain = () => this.#start({ order, row, record });
    this.#start({ order, row, record });
  }

  #start(work) {
    work.row.change({ phase: "sending", sent: work.record.sent, all: work.record.file.size, problem: null });
    this.#waiting.push(work);
    this.#next();
  }

  #next() {
    while (this.#sending < MOST_AT_ONCE && this.#waiting.length > 0) {
      this.#sending += 1;
      this.#carry(this.#waiting.shift()).finally(() => {
        this.#sending -= 1;
        this.#next();
      });
    }
  }

  async #carry({ order, row, record }) {
    try {
      const avatar = await order.run({
        onProgress: (sent) => row.change({ sent, paused: false }),
        onPaused: (why) => row.change({ paused: why !== null }),
      });
      this.#rows.delete(record.id);
      this.#rows.set(avatar.id, row);
      // The next file need not wait for this one's registration.
      this.#watch(avatar, row);
    } catch (error) {
      if (error instanceof Abandoned) return;
      row.change({ phase: "failed", problem: error });
    }
  }

  async #follow(id) {
    try {
      const avatar = await this.#api.json("GET", `/v1/avatars/${encodeURIComponent(id)}`);
      if (this.#rows.has(id)) return;
      const row = this.#row(id, { titles: avatar, file: null });
      await this.#watch(avatar, row);
    } catch (error) {
      console.info("an avatar under way cannot be seen", error.message);
    }
  }

  async #watch(avatar, row) {
    row.onDismiss = () => this.drop(avatar.id);
    row.change({ phase: "working", avatar, registration: avatar.registration });
    try {
      const watch = new Registration(this.#api, (registration) => row.change({ registration }));
      row.onGone = () => watch.close();
      const ended = await watch.ended(avatar);
      if (ended === null || row.gone) return;
      const phase = ended.state === "ready" ? "ready" : ended.state === "retired" ? "failed" : "refused";
      row.change({ phase, avatar: ended, registration: ended.registration });
      if (phase === "ready") {
        if (!row.element.contains(document.activeElement)) $("arrival-list").prepend(row.element);
        await this.#host.onReady(ended);
      }
      const words = this.#words();
      $("faces-said").textContent = phase === "ready"
        ? words.say("faces.ready", words.title(ended)) : row.problemText(words);
    } catch (error) {
      row.change({ phase: "failed", problem: error });
    }
  }
}

/** Return a name nobody else has; the page may be served without TLS, where the browser makes none itself. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
