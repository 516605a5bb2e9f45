// Faces of one's own, put together: sending them, what comes of them, the report, the points,
// and letting them go. The page gives it a place and hears who was chosen.

import { Arrivals } from "./arrivals.js";
import { button, make, openDialog } from "./elements.js";
import { editPoints } from "./editor.js";
import { Gallery, fileOf } from "./gallery.js";
import { icon } from "./icons.js";
import { openReport } from "./sheet.js";
import { askForFiles } from "./upload_form.js";

const $ = (id) => document.getElementById(id);

export class Faces {
  #house;
  #arrivals;

  /** house: {api, pictures, films, words(), voices(), onChoose(avatar), mayChoose()}. */
  constructor(house) {
    this.#house = house;
    this.gallery = new Gallery(house.api, house.pictures, house.films, house.words, (avatar) => {
      this.#showTools();
      house.onChoose(avatar);
    });
    this.#arrivals = new Arrivals(house.api, house.words, {
      pictureOf: (avatar) => house.pictures.address(fileOf(avatar, "preview")),
      onReady: (avatar) => this.#welcome(avatar),
      onReport: (avatar) => this.#report(avatar),
      onPoints: (avatar) => this.#points(avatar),
      onRetire: (avatar) => this.#retire(avatar),
      onOther: () => this.send(),
    });
    $("new-face").addEventListener("click", () => this.send());
    $("avatar-report").addEventListener("click", () => this.#report(this.gallery.chosen));
    $("avatar-points").addEventListener("click", () => this.#points(this.gallery.chosen));
    $("avatar-retire").addEventListener("click", () => this.#retire(this.gallery.chosen));
    this.#catchDrops();
  }

  /** Fetch what a signed-in person sees. Raises Problem or Failure. */
  async begin(chosen) {
    await this.gallery.begin(chosen);
    this.#showTools();
    await this.#arrivals.begin();
  }

  /** The page's language has changed. */
  show() {
    $("avatar-search").placeholder = this.#house.words().say("faces.find");
    this.gallery.show();
    this.#arrivals.show();
  }

  /** Ask for files, who they show and who allowed it; `files` are there already when they were dropped. */
  send(files = []) {
    const { words, voices } = this.#house;
    askForFiles({
      words: words(), voices: voices(), voice: this.gallery.chosen?.voice, files,
      onSend: (orders) => this.#arrivals.take(orders),
    });
  }

  #showTools() {
    const avatar = this.gallery.chosen;
    $("avatar-own").hidden = !avatar?.own;
    if (avatar?.own) $("avatar-points").hidden = avatar.kind === "video" || !avatar.links.picture;
  }

  async #welcome(avatar) {
    const row = await this.gallery.put(avatar);
    if (this.#house.mayChoose()) this.gallery.choose(row.id);
    else this.gallery.show();
    this.#showTools();
  }

  #report(avatar) {
    openReport({
      ...this.#house, words: this.#house.words(), id: avatar.id,
      onPoints: (latest) => this.#points(latest),
      onOther: () => this.send(),
      onUse: (latest) => this.gallery.choose(latest.id),
      onChanged: (latest) => this.#changed(latest),
    });
  }

  #points(avatar) {
    editPoints({
      ...this.#house, words: this.#house.words(), id: avatar.id,
      onUse: (latest) => this.gallery.choose(latest.id),
      onChanged: (latest) => this.#changed(latest),
    });
  }

  /** A face was drawn anew. */
  async #changed(avatar) {
    this.#arrivals.settle(avatar);
    if (avatar.state !== "ready") return;
    const row = await this.gallery.put(avatar);
    if (this.gallery.chosen?.id === row.id || this.#house.mayChoose()) this.gallery.choose(row.id);
  }

  #retire(avatar) {
    const words = this.#house.words();
    const name = words.title(avatar);
    const { body, close } = openDialog({
      title: words.say("faces.retireTitle", name), kind: "ask",
      closeLabel: words.say("faces.close"), closeIcon: icon("close"),
    });
    const wrong = make("p", { class: "wrong", role: "alert", hidden: true });
    const go = async (event) => {
      event.currentTarget.disabled = true;
      try {
        await this.#house.api.json("DELETE", avatar.links.self);
        close();
        this.gallery.drop(avatar.id);
        this.#arrivals.drop(avatar.id);
        this.#showTools();
        $("faces-said").textContent = words.say("faces.retired", name);
      } catch (error) {
        wrong.textContent = words.problem(error);
        wrong.hidden = false;
        body.querySelector("[data-yes]").disabled = false;
      }
    };
    body.append(
      make("p", { class: "soft", text: words.say("faces.retireText") }), wrong,
      make("div", { class: "row" },
        button(words.say("faces.retireNo"), close, { autofocus: true }),
        button(words.say("faces.retireYes"), go, { kind: "button small danger", "data-yes": "" })));
    body.querySelector("[autofocus]").focus();
  }

  /** A file dropped anywhere on the page is meant as a face; the browser would leave the page for it. */
  #catchDrops() {
    const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      if (document.body.dataset.door === "open" && !document.querySelector("dialog[open]")) {
        this.send([...event.dataTransfer.files]);
      }
    });
  }
}
