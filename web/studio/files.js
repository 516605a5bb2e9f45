// Addresses that an <img>, <video> or <a> can use. A page with a cookie uses the service's own;
// one that signed in with a key fetches the file and holds it, so many at a time and no more.

export class Files {
  #api;
  #most;
  #held = new Map();

  constructor(api, most) {
    this.#api = api;
    this.#most = most;
  }

  /** Return the address of a file; what was asked for longest ago is let go of. */
  async address(path) {
    if (!this.#api.bearer) return path;
    const held = this.#held.get(path) ?? this.#fetch(path);
    this.#held.delete(path);
    this.#held.set(path, held);
    for (const [oldest, address] of this.#held) {
      if (this.#held.size <= this.#most) break;
      this.#held.delete(oldest);
      address.then(URL.revokeObjectURL, () => {});
    }
    return held;
  }

  #fetch(path) {
    const address = this.#api.blob(path).then((blob) => URL.createObjectURL(blob));
    // A file that could not be had is asked for anew.
    address.catch(() => this.#held.get(path) === address && this.#held.delete(path));
    return address;
  }
}
