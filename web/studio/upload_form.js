// Asks for photos and videos to make presenters of: files, names, a voice, and who allowed it.

import { button, make, openDialog } from "./elements.js";
import { icon } from "./icons.js";

const MOST_FILES = 10;
const MOST_MB = 256;
const MB = 1 << 20;
const MEDIA = /^(image|video)\//;
const ENDINGS = /\.(jpe?g|jfif|png|webp|avif|hei[cf]|mp4|m4v|mov|avi|webm|mkv)$/i;
const LIMITS = { title: 200, who: 255, statement: 4000 };

let fields = 0;

/**
 * Open the form. voices: those of the service; voice: the one chosen at first; files: those that
 * are there already. onSend(orders) hears {file, fields} for each file, fields as the service takes them.
 */
export function askForFiles({ words, voices, voice, files, onSend }) {
  const form = new Form(words, voices, voice, onSend);
  form.add(files);
}

class Form {
  #words;
  #onSend;
  #dialog;
  #chosen = [];
  #list;
  #go;
  #problem;
  #fields = {};

  constructor(words, voices, voice, onSend) {
    this.#words = words;
    this.#onSend = onSend;
    this.#dialog = openDialog({
      title: this.#say("title"), kind: "send", closeLabel: words.say("faces.close"), closeIcon: icon("close"),
      onClosed: () => this.#chosen.forEach((each) => URL.revokeObjectURL(each.address)),
    });
    this.#list = make("ul", { class: "chosen", "aria-label": this.#say("files"), hidden: true });
    this.#problem = make("p", { class: "wrong", role: "alert", hidden: true });
    this.#go = make("button", { type: "submit", class: "button main" }, icon("upload"), make("span"));
    this.#dialog.body.append(make("form", { novalidate: true, on: { submit: (event) => this.#send(event) } },
      make("p", { class: "soft", text: this.#say("lead") }), this.#dropZone(), this.#list,
      this.#voiceChoice(voices, voice), this.#consent(), this.#problem, make("div", { class: "sending" }, this.#go)));
    this.#show();
  }

  #say(name, ...values) {
    return this.#words.say(`faces.send.${name}`, ...values);
  }

  /** Take files up; what cannot be one is told at once. */
  add(files) {
    const wrong = [];
    for (const file of files) {
      const problem = this.#judge(file);
      if (problem !== null) wrong.push(problem);
      else this.#chosen.push({ file, address: URL.createObjectURL(file), fa: "", en: "" });
    }
    this.#tell(wrong.join(" "));
    this.#show();
    if (files.length > 0) this.#list.querySelector("input")?.focus();
  }

  #judge(file) {
    if (this.#chosen.length >= MOST_FILES) return this.#say("tooMany", MOST_FILES);
    if (file.size === 0) return this.#say("empty", file.name);
    if (file.size > MOST_MB * MB) return this.#say("tooLong", file.name, MOST_MB);
    // The bytes decide, and the service looks at them; this only spares a wait for what is plainly something else.
    return MEDIA.test(file.type) || ENDINGS.test(file.name) ? null : this.#say("notMedia", file.name);
  }

  #tell(problem) {
    this.#problem.hidden = problem === "";
    this.#problem.textContent = problem;
  }

  #dropZone() {
    const input = make("input", {
      type: "file", class: "unseen", multiple: true, accept: "image/*,video/*,.mkv,.avif,.heic,.heif", id: "face-files",
      on: { change: () => {
        this.add([...input.files]);
        input.value = "";
      } },
    });
    const invitation = make("span", { class: "invitation", text: this.#say("drop") });
    const zone = make("label", { class: "drop", for: "face-files" }, icon("upload"), invitation,
      make("span", { class: "button small", text: this.#say("choose") }),
      make("span", { class: "soft kinds", text: this.#say("kinds") }), input);
    const hover = (over) => {
      zone.dataset.over = over ? "yes" : "no";
      invitation.textContent = this.#say(over ? "dropNow" : "drop");
    };
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      hover(true);
    });
    zone.addEventListener("dragleave", () => hover(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      hover(false);
      this.add([...event.dataTransfer.files]);
    });
    return zone;
  }

  #voiceChoice(voices, voice) {
    const id = nextId();
    const select = make("select", { id, name: "voice" },
      voices.map((each) => make("option", { value: each.name, text: this.#words.title(each), selected: each.name === voice })));
    this.#fields.voice = select;
    return make("div", { class: "field" }, make("label", { for: id, text: this.#say("voice") }), select);
  }

  #consent() {
    const who = this.#field("who", make("input", {
      name: "consent_who", maxlength: LIMITS.who, autocomplete: "name", placeholder: this.#say("whoHint"), required: true,
    }));
    const statement = make("textarea", {
      name: "consent_statement", rows: 2, dir: "auto", maxlength: LIMITS.statement, required: true,
    });
    const examples = ["statementSelf", "statementOther", "statementDrawn"].map((name) => make("button", {
      type: "button", class: "chip", text: this.#say(name),
      on: { click: () => {
        statement.value = this.#say(name);
        statement.dispatchEvent(new Event("input"));
      } },
    }));
    return make("fieldset", { class: "consent" }, make("legend", { text: this.#say("consent") }), who,
      this.#field("statement", statement),
      make("div", { class: "samples", role: "group", "aria-label": this.#say("examples") }, examples));
  }

  #field(name, input) {
    const id = nextId();
    const wrong = make("span", { class: "hint", id: `${id}-wrong`, hidden: true });
    input.id = id;
    if (input.dir === "") input.dir = "auto";
    input.addEventListener("input", () => mark(input, wrong, null));
    this.#fields[name] = { input, wrong };
    return make("div", { class: "field" }, make("label", { for: id, text: this.#say(name) }), input, wrong);
  }

  #show() {
    const many = this.#chosen.length > 1;
    this.#list.hidden = this.#chosen.length === 0;
    this.#go.querySelector("span").textContent = many ? this.#say("goMany", this.#chosen.length) : this.#say("go");
    this.#list.replaceChildren(...this.#chosen.map((each) => this.#item(each)));
  }

  #item(each) {
    const video = each.file.type.startsWith("video/");
    const picture = make(video ? "video" : "img", {
      src: each.address, class: "thumb", alt: "", muted: true, preload: "metadata", "aria-hidden": "true",
    });
    const name = (language, label) => {
      const id = nextId();
      const input = make("input", { id, value: each[language], dir: language === "fa" ? "rtl" : "ltr", maxlength: LIMITS.title });
      input.addEventListener("input", () => {
        each[language] = input.value;
        mark(each.first, each.wrong, null);
      });
      if (language === "fa") each.first = input;
      return make("div", { class: "field" }, make("label", { for: id, text: this.#say(label) }), input);
    };
    const names = [name("fa", "titleFa"), name("en", "titleEn")];
    if (this.#words.language === "en") names.reverse();
    each.wrong = make("span", { class: "hint", id: nextId(), hidden: true });
    const remove = button("", () => {
      this.#chosen = this.#chosen.filter((other) => other !== each);
      URL.revokeObjectURL(each.address);
      this.#show();
    }, { kind: "round", icon: icon("close"), "aria-label": this.#say("remove", each.file.name) });
    return make("li", {}, picture, make("div", { class: "about" },
      make("span", { class: "file", dir: "auto", text: each.file.name }), make("div", { class: "two" }, names), each.wrong), remove);
  }

  #send(event) {
    event.preventDefault();
    const wrong = this.#whatLacks();
    if (wrong !== null) {
      wrong.focus();
      return;
    }
    const shared = {
      voice: this.#fields.voice.value, consent_who: this.#fields.who.input.value.trim(),
      consent_statement: this.#fields.statement.input.value.trim(),
    };
    this.#onSend(this.#chosen.map(({ file, fa, en }) => ({
      file, fields: { title_fa: fa.trim(), title_en: en.trim(), ...shared },
    })));
    this.#dialog.close();
  }

  /** Mark every field that lacks something; return the first, or null. */
  #whatLacks() {
    const lacking = [];
    if (this.#chosen.length === 0) {
      this.#tell(this.#say("noFile"));
      lacking.push(this.#dialog.body.querySelector("#face-files"));
    }
    for (const each of this.#chosen) {
      const named = each.fa.trim() !== "" || each.en.trim() !== "";
      mark(each.first, each.wrong, named ? null : this.#say("oneName"));
      if (!named) lacking.push(each.first);
    }
    for (const { input, wrong } of [this.#fields.who, this.#fields.statement]) {
      const filled = input.value.trim() !== "";
      mark(input, wrong, filled ? null : this.#say("needed"));
      if (!filled) lacking.push(input);
    }
    return lacking[0] ?? null;
  }
}

function mark(input, wrong, problem) {
  wrong.hidden = problem === null;
  wrong.textContent = problem ?? "";
  input.setAttribute("aria-invalid", String(problem !== null));
  if (problem === null) input.removeAttribute("aria-describedby");
  else input.setAttribute("aria-describedby", wrong.id);
}

function nextId() {
  fields += 1;
  return `face-field-${fields}`;
}
