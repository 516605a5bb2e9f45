// Which voice says a text: the avatar's own in the text's language, unless the person chose
// another for this avatar and this language.

import { languageOf } from "./script.js";

const KEY = "avatar.voices";

export class VoiceChoice {
  #byHand;
  #storage;
  voices = [];

  constructor(storage = localStorage) {
    this.#storage = storage;
    this.#byHand = read(storage);
  }

  /** Return {voice, language, own, other}: who says a text, what the text is written in (null
   * without letters), the avatar's own voice, and the voice to offer instead or null. */
  fitting(avatar, text) {
    const own = this.voices.find((each) => each.name === avatar.voice) ?? this.voices[0];
    const language = languageOf(text);
    const matching = this.#inLanguage(own, language ?? own.language);
    const chosen = this.#byHand[`${avatar.id}/${language ?? own.language}`];
    const voice = this.voices.find((each) => each.name === chosen) ?? matching ?? own;
    return { voice, language, own, other: otherThan(voice, own, matching, language) };
  }

  /** Remember a voice that the person chose for an avatar and a text's language. */
  choose(avatar, text, name) {
    const { language, own } = this.fitting(avatar, text);
    this.#byHand[`${avatar.id}/${language ?? own.language}`] = name;
    this.#storage.setItem(KEY, JSON.stringify(this.#byHand));
  }

  /** The same person's voice in a language, or any of that language; null if there is none. */
  #inLanguage(own, language) {
    if (own.language === language) return own;
    const twin = own.name.replace(own.language, language);
    const all = this.voices.filter((each) => each.language === language);
    return all.find((each) => each.name === twin) ?? all[0] ?? null;
  }
}

function otherThan(voice, own, matching, language) {
  if (language === null || matching === null) return null;
  if (voice.language !== language) return matching;
  return own.language === language ? null : own;
}

function read(storage) {
  try {
    return Object(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    return {};
  }
}
