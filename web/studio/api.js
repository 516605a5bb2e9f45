// Requests to the service: as the page's cookie, or with a token made from an API key that
// is kept in memory only. Every refusal is a Problem with words in both languages.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.slug = String(body.type || "").split("#")[1] || "";
    this.body = body;
  }

  /** Trying the same again cannot help. */
  get final() {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }

  get signedOut() {
    return this.status === 401;
  }

  /** What happened and what to do, in one of the page's languages. */
  text(language) {
    return language === "fa" ? this.body.detail_fa || this.message : this.message;
  }
}

/** An utterance did not come to its end; `slug` says why, as the service names it. */
export class Failure extends Error {
  constructor(slug = "failed", message = "", cause = undefined) {
    super(message || slug, { cause });
    this.slug = slug.replaceAll("_", "-");
  }

  get final() {
    return false;
  }

  get signedOut() {
    return false;
  }
}

export class Api {
  #key = null;
  #token = null;

  get bearer() {
    return this.#token !== null;
  }

  /** Sign in with an API key. Raises Problem. */
  async useKey(key) {
    const answer = await this.#send("POST", "/v1/tokens", { key });
    this.#key = key;
    this.#token = (await answer.json()).access_token;
  }

  async json(method, path, body, headers = {}) {
    const answer = await this.#signed(method, path, { body, headers });
    return answer.status === 204 ? null : answer.json();
  }

  /** Return a file. */
  async blob(path) {
    return (await this.#signed("GET", path)).blob();
  }

  /** Send a request without a body; return the answer as it is. */
  async raw(method, path, headers) {
    return this.#signed(method, path, { headers });
  }

  /** Headers that let a request in, for one that is not sent from here. */
  get authorization() {
    return this.#headers();
  }

  /** Send a request that outlives the page; nobody hears the answer. */
  tell(method, path) {
    fetch(path, { method, headers: this.#headers(), credentials: "same-origin", keepalive: true }).catch(() => {});
  }

  #headers() {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  async #signed(method, path, { body, headers = {} } = {}) {
    try {
      return await this.#send(method, path, body, headers);
    } catch (error) {
      // A token lives a quarter of an hour; the key makes another one.
      if (this.#key === null || error.slug !== "token-expired") throw error;
      await this.useKey(this.#key);
      return this.#send(method, path, body, headers);
    }
  }

  async #send(method, path, body, more = {}) {
    const headers = path === "/v1/tokens" ? {} : { ...this.#headers(), ...more };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin",
      });
    } catch (error) {
      throw new Failure("unreachable", "", error);
    }
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({ title: answer.statusText }));
    throw new Problem(answer.status, problem);
  }
}
