// The editor of a face's points: a dialog with the picture, tools around it, and what comes of it.

import { button, make, openDialog } from "./elements.js";
import { MODES, FacePoints } from "./face_points.js";
import { templatePoints } from "./face_template.js";
import { PointView } from "./editor_view.js";
import { fileOf } from "./gallery.js";
import { icon } from "./icons.js";
import { mouths, redraw } from "./redraw.js";

const LIPS = ["lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer"];

const TOOL_ICONS = {
  undo: "undo", redo: "redo", reset: "replay", zoomOut: "minus", zoomIn: "plus", mouth: "mouth", fit: "fit",
};

/** Open the editor for the avatar `id`. house: {api, pictures, words, onChanged(avatar), onUse(avatar)}. */
export async function editPoints(house) {
  const editor = new Editor(house);
  await editor.open();
}

class Editor {
  #house;
  #words;
  #avatar = null;
  #face = null;
  #view = null;
  #dialog;
  #saved = "";
  #saving = false;
  #parts = {};

  constructor(house) {
    this.#house = house;
    this.#words = house.words;
    this.#dialog = openDialog({
      title: this.#words.say("faces.points"), kind: "editor",
      closeLabel: this.#words.say("faces.close"), closeIcon: icon("close"),
      mayClose: () => this.#mayClose(), onClosed: () => this.#view?.sizes.disconnect(),
    });
  }

  #say(name, ...values) {
    return this.#words.say(`faces.edit.${name}`, ...values);
  }

  async open() {
    const { api, pictures, id } = this.#house;
    const wait = make("p", { class: "soft", role: "status", text: this.#words.say("faces.step.decode") });
    this.#dialog.body.append(wait);
    try {
      this.#avatar = await api.json("GET", `/v1/avatars/${encodeURIComponent(id)}`);
      this.#dialog.heading.textContent = this.#say("title", this.#words.title(this.#avatar));
      const address = await pictures.address(fileOf(this.#avatar, "picture"));
      const points = this.#avatar.links.points ? await api.json("GET", fileOf(this.#avatar, "points")) : await template(address);
      this.#begin(points, address);
      wait.remove();
    } catch (error) {
      wait.className = "wrong";
      wait.textContent = this.#words.problem(error);
    }
  }

  #begin(points, address) {
    const placed = Boolean(this.#avatar.links.points);
    this.#face = new FacePoints(points);
    this.#saved = placed ? this.#now : "";
    this.#view = new PointView(this.#face, address, this.#say("picture"), {
      nameOf: (handle) => this.#nameOf(handle),
      onMove: (handle, by) => this.#moved(handle, by),
    });
    this.#parts = this.#makeParts();
    const { how, modes, tools, wrong, state, save, result, spoken } = this.#parts;
    this.#dialog.body.append(
      make("div", { class: "desk" },
        make("div", { class: "easel" }, make("div", { class: "toolbar" }, modes, tools), this.#view.element),
        make("aside", { class: "beside" }, how, result, make("div", { class: "outcome", role: "status" }, state),
          wrong, save, spoken)));
    this.#setMode(placed ? "main" : "whole");
    this.#view.fit();
    this.#dialog.dialog.addEventListener("keydown", (event) => this.#shortcut(event));
    this.#showResult();
  }

  get #now() {
    return JSON.stringify(this.#face.toJson());
  }

  #makeParts() {
    const view = this.#view;
    const tool = (name, act) => button("", act, {
      kind: "round", icon: icon(TOOL_ICONS[name]), "aria-label": this.#say(name), title: this.#say(name), data: { tool: name },
    });
    const modes = make("div", { class: "switch modes", role: "group", "aria-label": this.#say("mode") }, MODES.map((mode) => make("button", {
      type: "button", text: this.#say(`modes.${mode}`), data: { mode }, on: { click: () => this.#setMode(mode) },
    })));
    const tools = make("div", { class: "tools" },
      tool("undo", () => this.#change(() => this.#face.undo())), tool("redo", () => this.#change(() => this.#face.redo())),
      tool("reset", () => this.#change(() => this.#face.reset())), make("span", { class: "gap" }),
      tool("zoomOut", () => view.zoomOut()), tool("zoomIn", () => view.zoomIn()),
      tool("mouth", () => view.zoomTo(LIPS)), tool("fit", () => view.fit()));
    const leave = button(this.#say("leave"), () => {
      this.#saved = this.#now;
      this.#dialog.close();
    }, { kind: "button small danger" });
    const stay = button(this.#say("stay"), () => (this.#parts.ask.hidden = true));
    const ask = make("div", { class: "askleave", role: "alert", hidden: true },
      make("p", { text: this.#say("unsaved") }), make("div", { class: "row" }, stay, leave));
    return {
      modes, tools, ask,
      how: make("p", { class: "soft" }),
      result: make("div", { class: "result" }),
      state: make("p", { class: "soft" }),
      wrong: make("p", { class: "wrong", role: "alert", hidden: true }),
      save: make("div", { class: "finish" }, ask,
        button(this.#say("save"), () => this.#save(), { kind: "button main", icon: icon("good") })),
      spoken: make("p", { class: "unseen", "aria-live": "polite" }),
    };
  }

  #setMode(mode) {
    this.#view.mode = mode;
    this.#parts.how.textContent = this.#say(mode === "whole" ? "placeHow" : "how");
    for (const each of this.#parts.modes.children) each.setAttribute("aria-pressed", String(each.dataset.mode === mode));
    this.#showTools();
  }

  #nameOf({ name, side, contour, index }) {
    if (contour) return this.#say("point", this.#say(`contour.${contour}`), index + 1);
    return this.#say(`part.${name}`, side ? this.#say(`side.${side}`) : "");
  }

  #moved(handle, by) {
    this.#showTools();
    if (by !== "keys") return;
    const number = (value) => this.#words.number(Math.round(value));
    this.#parts.spoken.textContent = this.#say("at", number(handle.x), number(handle.y));
  }

  #change(act) {
    act();
    this.#view.draw();
    this.#showTools();
  }

  #showTools() {
    const tool = (name) => this.#parts.tools.querySelector(`[data-tool=${name}]`);
    tool("undo").disabled = !this.#face.canUndo;
    tool("redo").disabled = !this.#face.canRedo;
    this.#parts.save.querySelector(".main").disabled = this.#saving || this.#now === this.#saved;
  }

  #shortcut(event) {
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z") this.#change(() => (event.shiftKey ? this.#face.redo() : this.#face.undo()));
    else if (key === "y") this.#change(() => this.#face.redo());
    else return;
    event.preventDefault();
  }

  #mayClose() {
    if (this.#saving) return false;
    if (this.#face === null || !this.#face.canUndo || this.#now === this.#saved) return true;
    this.#parts.ask.hidden = false;
    this.#parts.ask.querySelector("button").focus();
    return false;
  }

  async #save() {
    const { wrong, state } = this.#parts;
    const sent = this.#now;
    this.#saving = true;
    wrong.hidden = true;
    this.#parts.ask.hidden = true;
    this.#parts.result.dataset.busy = "yes";
    state.textContent = this.#words.say("faces.redrawing");
    this.#showTools();
    try {
      this.#avatar = await redraw(this.#house.api, this.#avatar, { points: JSON.parse(sent) }, ({ step }) => {
        if (this.#words.has(`faces.step.${step}`)) state.textContent = this.#words.say(`faces.step.${step}`);
      });
      this.#saved = sent;
      state.textContent = this.#words.say("faces.redrawn");
      await this.#showResult();
      this.#parts.result.scrollIntoView({ block: "nearest" });
      await this.#house.onChanged(this.#avatar);
    } catch (error) {
      state.textContent = "";
      wrong.hidden = false;
      wrong.textContent = this.#words.problem(error);
    } finally {
      this.#saving = false;
      this.#parts.result.dataset.busy = "no";
      this.#showTools();
    }
  }

  async #showResult() {
    const { pictures } = this.#house;
    const { result, save } = this.#parts;
    const [preview, three] = await Promise.all([
      this.#avatar.links.preview ? pictures.address(fileOf(this.#avatar, "preview")) : null,
      mouths(this.#house, this.#avatar, this.#face.toJson()),
    ]);
    const picture = preview && make("img", {
      class: "preview", src: preview, alt: this.#words.say("preview", this.#words.title(this.#avatar)), width: 160, height: 160,
    });
    result.replaceChildren(...[picture, three].filter(Boolean));
    result.dataset.version = this.#avatar.version;
    if (this.#avatar.state !== "ready" || save.querySelector("[data-use]")) return;
    save.append(button(this.#words.say("faces.use"), () => {
      if (!this.#mayClose()) return;
      this.#house.onUse(this.#avatar);
      this.#dialog.close();
    }, { icon: icon("voice"), "data-use": "" }));
  }
}

/** Return a face to begin with in the middle of a picture. */
async function template(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return templatePoints(picture.naturalWidth, picture.naturalHeight);
}
