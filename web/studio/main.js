// The page: puts the rooms together and answers to the person's hands.

import { Api } from "./api.js";
import { BurnedChoice } from "./burned.js";
import { Captions } from "./captions.js";
import { choose, chosenIn, fillChoices } from "./choices.js";
import { Door } from "./door.js";
import { Faces } from "./faces.js";
import { Files } from "./files.js";
import { History } from "./history.js";
import { drawIcons } from "./icons.js";
import { Player } from "./player.js";
import { SoundChoice } from "./sound.js";
import { canBeSaid, languageOf } from "./script.js";
import { Stage } from "./stage.js";
import { LANGUAGES, SAMPLES, Words } from "./strings.js";
import { VoiceChoice } from "./voices.js";

const LONGEST_TEXT = 5000;
const LONGEST_TRANSCRIPT = 40000;
const SIZES = ["256x256", "512x512", "720x720", "1024x1024", "720x1280"];
const MS_A_CHARACTER = 78;
const MOST_PICTURES = 64;
const MOST_FILMS = 4;
const MOST_TIMED = 32;
const REFUSED = 422;

const $ = (id) => document.getElementById(id);

const remembered = {
  get: (name, otherwise) => localStorage.getItem(`avatar.${name}`) ?? otherwise,
  set: (name, value) => localStorage.setItem(`avatar.${name}`, value),
};

const api = new Api();
const pictures = new Files(api, MOST_PICTURES);
const films = new Files(api, MOST_FILMS);
const voiceChoice = new VoiceChoice();
let words = new Words(LANGUAGES.find((each) => each === remembered.get("language", "fa")) ?? "fa");
const stage = new Stage(words);
const player = new Player($("video"), api, films, {
  onChange: () => show(),
  onFrame: (ms) => {
    stage.showWords(player.captions, ms);
    stage.show(player);
  },
});
const history = new History(api, playAgain);
const door = new Door(api, () => words, { onOpen: enter, onProblem: (problem) => player.tellProblem(problem) });
const faces = new Faces({
  api, pictures, films: new Files(api, MOST_FILMS), words: () => words, voices: () => voiceChoice.voices, onChoose: takeAvatar,
  mayChoose: () => !player.busy,
});
const burned = new BurnedChoice(remembered);
const sound = new SoundChoice(api, { words: () => words, onChange: showSource });
const timed = new Map();

let shownState = "idle";
let playing = 0;
let playedSize = null;

// Read-only, for tests and for people who look under the bonnet.
Object.defineProperty(window, "avatarPlayer", {
  value: Object.freeze({
    get stats() {
      return player.stats;
    },
  }),
});

function show() {
  stage.show(player);
  const { state } = player;
  const focused = document.activeElement;
  $("speak").hidden = player.busy;
  $("stop").hidden = !player.busy;
  // A button that hides would take the keyboard's place on the page with it.
  if (focused === $("speak") && player.busy) $("stop").focus();
  if (focused === $("stop") && !player.busy) $("speak").focus();
  $("replay").hidden = state !== "done";
  document.documentElement.dataset.busy = player.busy ? "yes" : "no";
  showSizeLater();
  if (state === "failed" && player.problem.status === REFUSED) {
    // Nothing broke: the text or a choice wants a change, and is beside these words.
    showHint(words.problem(player.problem));
    player.tellProblem(null);
    return;
  }
  $("problem").hidden = state !== "failed";
  if (state === "failed") $("problem-text").textContent = words.problem(player.problem);
  if (state === shownState) return;
  shownState = state;
  document.documentElement.dataset.state = state;
  if (state === "failed" && player.problem.signedOut) door.shut();
  if (state === "done" && player.utterance !== null) finish(player.utterance);
  if (state === "cancelled" || state === "failed") showChosen();
}

/** The stream has been played: offer the file, which stands a moment later. */
async function finish(utterance) {
  keepTimed(utterance.id, player.captions);
  const turn = playing;
  try {
    const row = await player.finished();
    if (row === null || turn !== playing) return;
    await offer(row, turn);
    await history.refresh(words, faces.gallery.all);
  } catch (error) {
    console.info("the file was not offered", error.message);
  }
}

/** Captions with the times of their words, for when it is played again; the oldest go. */
function keepTimed(id, captions) {
  timed.delete(id);
  timed.set(id, captions);
  if (timed.size > MOST_TIMED) timed.delete(timed.keys().next().value);
}

async function offer(row, turn) {
  const links = [["get-video", row.video, "mp4"], ["get-captions", row.vtt, "vtt"], ["get-srt", row.srt, "srt"]];
  for (const [id, path, ending] of links) {
    const address = path === null ? null : await films.address(path);
    if (turn !== playing) return;
    $(id).hidden = path === null;
    if (path === null) continue;
    $(id).href = address;
    $(id).download = `${row.avatar}-${row.id.slice(0, 8)}.${ending}`;
  }
  $("takeaway").hidden = false;
}

function speak() {
  const pressedAt = performance.now();
  if (sound.chosen) {
    if (sound.ready === null) showHint(words.say("sound.waiting"));
    else speakRecording(sound.ready, pressedAt);
    return;
  }
  const text = $("text").value;
  if (text.trim() === "" || !canBeSaid(text) || [...text].length > LONGEST_TEXT) {
    if ([...text].length <= LONGEST_TEXT) showHint(words.say(text.trim() === "" ? "emptyText" : "silentText"));
    $("text").focus();
    return;
  }
  const body = {
    avatar: chosenAvatar()?.id ?? null, text, voice: chosenIn($("voices")), size: chosenIn($("sizes")),
    burned: burned.look,
  };
  send(body, text.length * MS_A_CHARACTER + 800, pressedAt);
}

/** Have a recording spoken; what stands in the text is what is said in it. */
function speakRecording(recording, pressedAt) {
  const transcript = $("text").value.trim();
  const body = { avatar: chosenAvatar()?.id ?? null, recording: recording.id, size: chosenIn($("sizes")) };
  if (canBeSaid(transcript)) Object.assign(body, { transcript, burned: burned.look });
  send({ burned: false, ...body }, recording.duration_ms, pressedAt);
}

function send(body, expectedMs, pressedAt) {
  playing += 1;
  playedSize = body.size;
  showHint(null);
  $("takeaway").hidden = true;
  showChosen();
  stage.showBurned(body.burned !== false);
  stage.begin(expectedMs);
  player.speak(body, pressedAt);
  showStage();
}

/** A sound was chosen, is ready, or was taken away: the text is then what is said in it. */
function showSource() {
  $("text-label").textContent = words.say(sound.chosen ? "sound.transcript" : "text");
  $("voice-choice").disabled = sound.chosen;
  showHint(null);
  showCount();
  followText();
}

async function playAgain(row) {
  playing += 1;
  const turn = playing;
  $("takeaway").hidden = true;
  try {
    const captions = await captionsOf(row);
    // Another was pressed while these were on their way.
    if (turn !== playing) return;
    const avatar = faces.gallery.all.find((each) => each.id === row.avatar);
    if (avatar) stage.showAvatar(avatar, avatar.address);
    playedSize = row.size;
    stage.showSize(playedSize);
    stage.showBurned(row.burned !== null);
    stage.begin(row.duration_ms);
    player.playFile(row.links.video, captions);
    showStage();
    await offer(row, turn);
  } catch (error) {
    if (turn === playing) player.tellProblem(error);
  }
}

/** On a small screen the stage may be out of sight. */
function showStage() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("frame").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

async function captionsOf(row) {
  if (timed.has(row.id)) return timed.get(row.id);
  if (row.vtt === null) return new Captions();
  return Captions.ofFile(await (await api.blob(row.vtt)).text());
}

function replay() {
  stage.showSize(playedSize);
  stage.begin($("video").duration * 1000);
  player.replay();
}

function chosenAvatar() {
  return faces.gallery.chosen;
}

/** Give the stage the face and the shape that are chosen. */
function showChosen() {
  const avatar = chosenAvatar();
  if (avatar) stage.showAvatar(avatar, avatar.address);
  const size = chosenIn($("sizes"));
  if (size) stage.showSize(size);
  showSizeLater();
}

function showChoices() {
  const size = chosenIn($("sizes")) ?? remembered.get("size", "512x512");
  faces.show();
  fillChoices($("voices"), "voice", voiceChoice.voices.map((each) => ({
    value: each.name, label: words.title(each),
  })), null);
  fillChoices($("sizes"), "size", SIZES.map((each) => ({ value: each, label: sizeLabel(each) })),
    SIZES.includes(size) ? size : "512x512");
  burned.show(words);
  followText();
  if (!player.busy && player.state !== "done") showChosen();
}

/** Choose the voice that fits face and text, and say so where it is not what one would expect. */
function followText() {
  const avatar = chosenAvatar();
  $("voice-note").hidden = true;
  if (sound.chosen) return;
  if (avatar === null || voiceChoice.voices.length === 0) return;
  const { voice, language, own, other } = voiceChoice.fitting(avatar, $("text").value);
  choose($("voices"), voice.name);
  if (language === null || (voice.language === language && own.language === language)) return;
  $("voice-note").hidden = false;
  $("voice-note-text").textContent = voiceNote(voice, language);
  $("voice-other").hidden = other === null;
  if (other === null) return;
  $("voice-other").textContent = words.say("voiceOther", words.title(other));
  $("voice-other").dataset.voice = other.name;
}

function voiceNote(voice, language) {
  const title = words.title(voice);
  if (!voiceChoice.voices.some((each) => each.language === language)) return words.say("voiceMissing", title);
  const name = words.say(`languages.${language}`);
  return words.say(voice.language === language ? "voiceFollows" : "voiceDiffers", name, title);
}

/** Somebody else is to speak. */
function takeAvatar(avatar) {
  remembered.set("avatar", avatar.id);
  followText();
  if (player.busy) return;
  stage.rest();
  showChosen();
}

/** The person chose a voice. */
function takeVoice(name) {
  voiceChoice.choose(chosenAvatar(), $("text").value, name);
  followText();
}

function takeSize() {
  remembered.set("size", chosenIn($("sizes")));
  if (player.busy) {
    showSizeLater();
    return;
  }
  stage.rest();
  showChosen();
}

/** While something is on the stage in another size, say when the chosen one comes. */
function showSizeLater() {
  const chosen = chosenIn($("sizes"));
  $("size-later").hidden = chosen === null || stage.size === null || stage.size === chosen;
}

/** Say beside the text what it lacks; null takes it back. */
function showHint(text) {
  $("hint").hidden = text === null;
  $("hint").textContent = text ?? "";
}

function sizeLabel(size) {
  const [width, height] = size.split("x").map(Number);
  return width === height ? words.number(width) : words.say("portrait");
}

function showSamples() {
  $("samples").replaceChildren(...SAMPLES.map((sample) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.lang = sample.language;
    button.textContent = sample.name;
    button.addEventListener("click", () => takeSample(sample));
    return button;
  }));
}

function takeSample({ text }) {
  $("text").value = text;
  showText();
  $("text").focus();
}

/** The text has changed. */
function showText() {
  showHint(null);
  followText();
  showCount();
}

function showCount() {
  const length = [...$("text").value].length;
  const most = sound.chosen ? LONGEST_TRANSCRIPT : LONGEST_TEXT;
  const over = length - most;
  // A text without letters has no direction of its own, and the placeholder is in the page's language.
  $("text").dir = languageOf($("text").value) === null ? words.direction : "auto";
  $("count").textContent = over > 0 ? words.say("tooLong", over) : words.say("count", length, most);
  $("count").dataset.over = over > 0 ? "yes" : "no";
  $("speak").disabled = over > 0;
}

function speakLanguage(language) {
  words = new Words(language);
  stage.words = words;
  const root = document.documentElement;
  root.lang = language;
  root.dir = words.direction;
  document.title = words.say("title");
  for (const each of document.querySelectorAll("[data-say]")) each.textContent = words.say(each.dataset.say);
  for (const each of document.querySelectorAll("[data-say-label]")) {
    each.setAttribute("aria-label", words.say(each.dataset.sayLabel));
  }
  showHint(null);
  $("text").placeholder = words.say("placeholder");
  for (const each of document.querySelectorAll("[data-language]")) {
    each.setAttribute("aria-pressed", String(each.dataset.language === language));
  }
  showSamples();
  sound.show();
  showSource();
  showChoices();
  history.show(words, faces.gallery.all);
  show();
}

/** Somebody is signed in: fetch what can be chosen. Raises Problem or Failure. */
async function enter() {
  const chosen = chosenAvatar()?.id ?? remembered.get("avatar", null);
  const [offered] = await Promise.all([api.json("GET", "/v1/voices"), faces.begin(chosen)]);
  voiceChoice.voices = offered.voices;
  showChoices();
  await history.refresh(words, faces.gallery.all);
}

function listen() {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!player.busy) speak();
  });
  $("stop").addEventListener("click", () => player.cancel());
  $("retry").addEventListener("click", speak);
  $("replay").addEventListener("click", replay);
  $("text").addEventListener("input", showText);
  $("video").addEventListener("click", () => player.unblock());
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !player.busy) speak();
    if (event.key === "Escape") player.cancel();
  });
  $("voices").addEventListener("change", () => takeVoice(chosenIn($("voices"))));
  $("voice-other").addEventListener("click", (event) => takeVoice(event.currentTarget.dataset.voice));
  $("sizes").addEventListener("change", takeSize);
  window.addEventListener("pagehide", () => player.leave());
  for (const each of document.querySelectorAll("[data-language]")) {
    each.addEventListener("click", () => {
      remembered.set("language", each.dataset.language);
      speakLanguage(each.dataset.language);
    });
  }
  stage.onPatience(() => show());
}

drawIcons(document);
speakLanguage(words.language);
listen();
door.begin();
