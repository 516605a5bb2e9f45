// What was said before, newest first; a press plays its file again.

import { icon } from "./icons.js";
import { plain } from "./script.js";

const SHOWN = 6;

export class History {
  #api;
  #list = document.getElementById("history");
  #rows = [];

  /** onPlay(row) is called with the row that was pressed. */
  constructor(api, onPlay) {
    this.#api = api;
    this.onPlay = onPlay;
  }

  /** Fetch the latest and show them. */
  async refresh(words, avatars) {
    const { utterances } = await this.#api.json("GET", `/v1/utterances?limit=${SHOWN * 3}`);
    this.#rows = utterances.filter((row) => row.video !== null).slice(0, SHOWN);
    this.show(words, avatars);
  }

  show(words, avatars) {
    document.getElementById("history-empty").hidden = this.#rows.length > 0;
    this.#list.replaceChildren(...this.#rows.map((row) => this.#item(row, words, avatars)));
  }

  #item(row, words, avatars) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "said";
    const avatar = avatars.find((each) => each.id === row.avatar);
    if (avatar) {
      const face = document.createElement("img");
      face.src = avatar.address;
      face.alt = words.title(avatar);
      face.width = face.height = 44;
      button.append(face);
    }
    const text = document.createElement("span");
    text.className = "text";
    text.dir = "auto";
    text.textContent = plain(row.text) || words.say("sound.nothing");
    const length = document.createElement("span");
    length.className = "length";
    length.textContent = words.say("seconds", words.number(row.duration_ms / 1000, 1));
    button.append(text, length, icon("play"));
    button.addEventListener("click", () => this.onPlay(row));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}
