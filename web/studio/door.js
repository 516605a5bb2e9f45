// The door: who may come in, by the link's cookie or with an API key, and what it says when it
// falls shut again.

const AGAIN_MS = 3000;

const $ = (id) => document.getElementById(id);

export class Door {
  #api;
  #words;
  #host;
  #opened = false;

  /**
   * words(): the page's texts. host: onOpen() fetches what a signed-in person sees; onProblem()
   * hears what went wrong otherwise, and null when it has gone.
   */
  constructor(api, words, host) {
    this.#api = api;
    this.#words = words;
    this.#host = host;
    $("sign-in").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#takeKey($("key").value.trim());
    });
  }

  /** See whether the browser's cookie opens. */
  async begin() {
    try {
      await this.#api.json("GET", "/v1/session");
      await this.#open();
    } catch (error) {
      if (error.signedOut) {
        this.shut(location.hash === "#link-used" ? "linkUsed" : null);
        return;
      }
      document.body.dataset.door = "open";
      this.#host.onProblem(error);
      // A service that is only just starting is worth asking again.
      setTimeout(() => this.begin(), AGAIN_MS);
    }
  }

  /** Show the door, and why if there is something to say; the keyboard goes there then. */
  shut(why = this.#opened ? "expired" : null) {
    document.body.dataset.door = "closed";
    $("key-problem").hidden = true;
    $("door-note").hidden = why === null;
    if (why === null) return;
    $("door-note").textContent = this.#words().say(why);
    $("key").focus();
  }

  async #open() {
    await this.#host.onOpen();
    this.#opened = true;
    document.body.dataset.door = "open";
    this.#host.onProblem(null);
  }

  async #takeKey(key) {
    $("key-problem").hidden = true;
    try {
      await this.#api.useKey(key);
      $("key").value = "";
      await this.#open();
    } catch (error) {
      $("key-problem").textContent = this.#words().problem(error);
      $("key-problem").hidden = false;
    }
  }
}
