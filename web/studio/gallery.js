// Who can speak: pictures and names to choose from, searched and paged by the service. What is
// chosen stays chosen while others are looked for.

import { make, patiently } from "./elements.js";

const PAGE = 12;
const PATIENCE_MS = 250;
const TOO_FEW_TO_SEARCH = 6;
const PICTURE_PX = 56;

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Gallery {
  #api;
  #pictures;
  #films;
  #words;
  #onChoose;
  #known = new Map();
  #shown = [];
  #next = null;
  #asked = 0;
  #chosen = null;

  /** pictures, films: Files. words(): the page's texts. onChoose(avatar) hears the person's choice. */
  constructor(api, pictures, films, words, onChoose) {
    this.#api = api;
    this.#pictures = pictures;
    this.#films = films;
    this.#words = words;
    this.#onChoose = onChoose;
    $("avatars").addEventListener("change", (event) => this.#take(event.target.value));
    $("avatars-more").addEventListener("click", () => this.#more());
    const search = patiently(PATIENCE_MS, () => this.#search());
    $("avatar-search").addEventListener("input", search);
    // Enter in this field would send the form around it.
    $("avatar-search").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  }

  /** Who is chosen; null before anybody is known. */
  get chosen() {
    return this.#known.get(this.#chosen) ?? null;
  }

  /** Everybody seen so far. */
  get all() {
    return [...this.#known.values()];
  }

  /** Fetch the first page, and whoever was chosen before; shows nothing yet. Raises Problem. */
  async begin(chosen) {
    await this.#fetch(null);
    if (chosen && !this.#known.has(chosen)) await this.#fetchOne(chosen);
    this.#chosen = this.#known.has(chosen) ? chosen : this.#shown[0] ?? null;
  }

  /** Take a new or changed avatar up, in front of the others if it was not among them. */
  async put(avatar) {
    const row = await this.#takeUp(avatar);
    this.show();
    return row;
  }

  async #fetchOne(id) {
    try {
      const avatar = await this.#api.json("GET", `/v1/avatars/${encodeURIComponent(id)}`);
      if (avatar.state === "ready") await this.#takeUp(avatar);
    } catch (error) {
      console.info("who was chosen last is not there any more", error.message);
    }
  }

  async #takeUp(avatar) {
    const [row] = await this.#addressed([avatar]);
    this.#known.set(row.id, row);
    if (!this.#shown.includes(row.id) && $("avatar-search").value.trim() === "") this.#shown.unshift(row.id);
    return row;
  }

  /** Somebody was retired. */
  drop(id) {
    this.#known.delete(id);
    this.#shown = this.#shown.filter((each) => each !== id);
    if (this.#chosen === id) this.#take(this.#shown[0] ?? this.all[0]?.id ?? null);
    this.show();
  }

  /** Choose somebody who is known. */
  choose(id) {
    if (this.#known.has(id)) this.#take(id);
    this.show();
  }

  show() {
    const words = this.#words();
    const ids = this.#shown.filter((id) => this.#known.has(id));
    const focused = document.activeElement?.closest("#avatars")?.querySelector(":focus")?.value;
    $("avatars").replaceChildren(...ids.map((id) => this.#card(this.#known.get(id), words)));
    $("avatars").querySelector(`input[value="${CSS.escape(focused ?? "")}"]`)?.focus();
    const searching = $("avatar-search").value.trim() !== "";
    $("avatar-find").hidden = !searching && this.#known.size < TOO_FEW_TO_SEARCH && this.#next === null;
    $("avatars").dataset.many = ids.length > 3 ? "yes" : "no";
    $("avatars-none").hidden = ids.length > 0 || !searching;
    $("avatars-more").hidden = this.#next === null;
    $("avatars-found").textContent = searching && ids.length > 0 ? words.say("faces.found", ids.length) : "";
  }

  #take(id) {
    this.#chosen = id;
    for (const input of $("avatars").querySelectorAll("input")) input.checked = input.value === id;
    if (this.chosen) this.#onChoose(this.chosen);
  }

  async #search() {
    try {
      await this.#fetch(null);
    } catch (error) {
      console.info("the search went unanswered", error.message);
    }
    this.show();
  }

  async #more() {
    const before = this.#shown.length;
    try {
      await this.#fetch(this.#next);
    } catch (error) {
      console.info("no more came", error.message);
      return;
    }
    this.show();
    $("avatars").querySelectorAll("input")[before]?.focus();
  }

  async #fetch(after) {
    this.#asked += 1;
    const turn = this.#asked;
    const asked = new URLSearchParams({ limit: PAGE, q: $("avatar-search").value.trim() });
    if (after !== null) asked.set("after", after);
    const { avatars, next } = await this.#api.json("GET", `/v1/avatars?${asked}`);
    const rows = await this.#addressed(avatars);
    // What was asked for later has been answered, or will be.
    if (turn !== this.#asked) return;
    for (const row of rows) this.#known.set(row.id, row);
    const ids = rows.map((row) => row.id);
    this.#shown = after === null ? ids : [...this.#shown, ...ids.filter((id) => !this.#shown.includes(id))];
    this.#next = next;
  }

  #addressed(avatars) {
    return Promise.all(avatars.map(async (each) => ({
      ...each, address: await this.#pictures.address(fileOf(each, "preview")),
    })));
  }

  #card(avatar, words) {
    const input = make("input", { type: "radio", name: "avatar", value: avatar.id });
    input.checked = avatar.id === this.#chosen;
    const picture = make("span", { class: "portrait" },
      make("img", { src: avatar.address, alt: "", width: PICTURE_PX, height: PICTURE_PX, loading: "lazy" }));
    const title = words.title(avatar);
    const card = make("label", { class: "option", title: title.length > 12 ? title : null }, input,
      make("span", { class: "shown" }, picture,
        make("span", { class: "words" }, make("span", { class: "name", dir: "auto", text: title }))));
    if (avatar.links.idle) this.#enliven(card, input, picture, avatar);
    return card;
  }

  /** Have a portrait blink while a pointer or the keyboard is on it, and once when it is chosen. */
  #enliven(card, input, picture, avatar) {
    const play = async (loop) => {
      if (calm.matches || picture.querySelector("video")) return;
      const film = make("video", { playsinline: true, "aria-hidden": "true", tabindex: "-1" });
      film.muted = true;
      film.loop = loop;
      film.addEventListener("ended", () => film.remove());
      film.addEventListener("playing", () => (picture.dataset.alive = "yes"), { once: true });
      picture.append(film);
      try {
        film.src = await this.#films.address(fileOf(avatar, "idle"));
        await film.play();
      } catch {
        // The picture stands there still.
        film.remove();
      }
    };
    const stop = () => picture.querySelector("video")?.remove();
    card.addEventListener("pointerenter", () => play(true));
    card.addEventListener("pointerleave", stop);
    input.addEventListener("focus", () => input.matches(":focus-visible") && play(true));
    input.addEventListener("blur", stop);
    input.addEventListener("change", () => play(false));
  }
}

/** Return the path of an avatar's file; each version has its own, so that none is seen in another's place. */
export function fileOf(avatar, name) {
  const path = avatar.links[name];
  return avatar.version > 1 ? `${path}?v=${avatar.version}` : path;
}
