// Uploads under way, kept in the browser with their files, so that a page that was reloaded or a
// machine that slept goes on with them. Where the browser keeps nothing, they last as long as the page.

const NAME = "avatar";
const STORE = "uploads";

export class UploadStore {
  #opened = null;

  /** Return what is kept: {id, owner, file, fields, address, sent}. */
  async all() {
    return (await this.#do("readonly", (store) => store.getAll())) ?? [];
  }

  /** Keep a record; false where the browser will not. */
  async put(record) {
    return (await this.#do("readwrite", (store) => store.put(record))) !== undefined;
  }

  async remove(id) {
    await this.#do("readwrite", (store) => store.delete(id));
  }

  async #do(mode, ask) {
    try {
      this.#opened ??= open();
      const database = await this.#opened;
      return await ended(ask(database.transaction(STORE, mode).objectStore(STORE)));
    } catch (error) {
      console.info("uploads are not kept beyond this page", error?.message);
      return undefined;
    }
  }
}

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return ended(request);
}

function ended(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
