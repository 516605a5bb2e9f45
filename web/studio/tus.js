// One upload that resumes: bytes go up in parts, and whatever breaks in between, it asks where
// it stands and goes on from there. Knows nothing of avatars.

import { Problem, Failure } from "./api.js";
import { Backoff } from "./backoff.js";

const TUS = { "Tus-Resumable": "1.0.0" };
const PART_BYTES = 2 << 20;
const NOT_FOUND = 404;
const ELSEWHERE = "upload-ahead";

/** The person does not want it any more. */
export class Abandoned extends Error {}

export class Upload {
  #api;
  #file;
  #host;
  #request = null;
  #wake = null;
  #over = false;

  /** file: a Blob. address: where it stood before, or null. host: onAddress(address),
   * onProgress(sent bytes), onPaused(why or null). */
  constructor(api, file, address, host) {
    this.#api = api;
    this.#file = file;
    this.address = address;
    this.#host = host;
  }

  /** Send all of it; return its id. Raises Problem where trying again cannot help, and Abandoned. */
  async run() {
    const backoff = new Backoff();
    while (!this.#over) {
      try {
        await this.#goOn(backoff);
        if (!this.#over) return this.address.split("/").at(-1);
      } catch (error) {
        if (this.#over) break;
        if (error.status === NOT_FOUND && this.address !== null) {
          // It was kept for a day; the bytes are still here, so it begins anew.
          this.#stand(null);
          continue;
        }
        if (error.final && error.slug !== ELSEWHERE) throw error;
        this.#host.onPaused(error);
        await this.#pause(backoff.next());
      }
    }
    throw new Abandoned();
  }

  /** Stop, and have what was sent removed. */
  abandon() {
    this.#over = true;
    this.#request?.abort();
    this.#wake?.();
    if (this.address !== null) this.#api.raw("DELETE", this.address, TUS).catch(() => {});
  }

  async #goOn(backoff) {
    let sent = await this.#where();
    this.#host.onPaused(null);
    this.#host.onProgress(sent);
    while (sent < this.#file.size && !this.#over) {
      sent = await this.#send(sent);
      backoff.reset();
    }
  }

  async #where() {
    if (this.address === null) {
      const made = await this.#api.raw("POST", "/v1/uploads", { ...TUS, "Upload-Length": this.#file.size });
      this.#stand(made.headers.get("Location"));
      return 0;
    }
    const answer = await this.#api.raw("GET", this.address, TUS);
    return Number(answer.headers.get("Upload-Offset"));
  }

  #stand(address) {
    this.address = address;
    this.#host.onAddress(address);
  }

  /** Send the part at an offset; return the next one. Only this kind of request tells how far it is. */
  #send(offset) {
    const { promise, resolve, reject } = deferred();
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("PATCH", this.address);
    const headers = {
      ...TUS, ...this.#api.authorization, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream",
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => this.#host.onProgress(offset + event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve(Number(request.getResponseHeader("Upload-Offset")));
      else reject(new Problem(request.status, bodyOf(request)));
    };
    request.onerror = request.onabort = request.ontimeout = () => reject(new Failure("unreachable"));
    request.send(this.#file.slice(offset, offset + PART_BYTES));
    return promise;
  }

  async #pause(ms) {
    await new Promise((resolve) => {
      this.#wake = resolve;
      window.addEventListener("online", resolve, { once: true });
      setTimeout(resolve, ms);
    });
    this.#wake = null;
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

function bodyOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return { title: request.statusText };
  }
}
