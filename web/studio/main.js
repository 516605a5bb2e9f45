// The page: puts the rooms together and answers to the person's hands.

import { Api } from "./api.js";
import { choose, chosenIn, fillChoices } from "./choices.js";
import { History, readCues } from "./history.js";
import { drawIcons } from "./icons.js";
import { Player } from "./player.js";
import { Stage } from "./stage.js";
import { LANGUAGES, SAMPLES, Words } from "./strings.js";

const LONGEST_TEXT = 5000;
const SIZES = ["256x256", "512x512", "720x720", "1024x1024", "720x1280"];
const MS_A_CHARACTER = 78;

const $ = (id) => document.getElementById(id);

const remembered = {
  get: (name, otherwise) => localStorage.getItem(`avatar.${name}`) ?? otherwise,
  set: (name, value) => localStorage.setItem(`avatar.${name}`, value),
};

const api = new Api();
let words = new Words(LANGUAGES.find((each) => each === remembered.get("language", "fa")) ?? "fa");
const stage = new Stage(words);
const player = new Player($("video"), api, {
  onChange: () => show(),
  onFrame: (ms) => {
    stage.showWords(player.captions, ms);
    stage.show(player);
  },
});
const history = new History(api, playAgain);
const spokenWords = new Map();

let avatars = [];
let voices = [];
let voiceChosen = false;
let shownState = "idle";

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
  $("problem").hidden = state !== "failed";
  if (state === "failed") $("problem-text").textContent = words.problem(player.problem);
  if (state === shownState) return;
  shownState = state;
  document.documentElement.dataset.state = state;
  if (state === "failed" && player.problem.signedOut) askToSignIn();
  if (state === "done" && player.utterance !== null) finish(player.utterance);
}

/** The stream has been played: offer the file, which stands a moment later. */
async function finish(utterance) {
  spokenWords.set(utterance.id, player.captions.rows);
  try {
    const row = await player.finished();
    if (row === null || player.utterance !== utterance) return;
    await offer(row);
    await history.refresh(words, avatars);
  } catch (error) {
    console.info("the file was not offered", error.message);
  }
}

async function offer(row) {
  const links = [["get-video", row.video, "mp4"], ["get-captions", row.vtt, "vtt"]];
  for (const [id, path, ending] of links) {
    $(id).hidden = path === null;
    if (path === null) continue;
    $(id).href = await api.address(path);
    $(id).download = `${row.avatar}-${row.id.slice(0, 8)}.${ending}`;
  }
  $("takeaway").hidden = false;
}

function speak() {
  const pressedAt = performance.now();
  const text = $("text").value;
  if (text.trim() === "") $("text").setCustomValidity(words.say("emptyText"));
  if (text.trim() === "" || [...text].length > LONGEST_TEXT) {
    $("text").focus();
    $("text").reportValidity();
    return;
  }
  const body = {
    avatar: chosenIn($("avatars")), text, voice: chosenIn($("voices")), size: chosenIn($("sizes")),
  };
  $("takeaway").hidden = true;
  showChosenAvatar();
  stage.showSize(body.size);
  stage.begin(text.length * MS_A_CHARACTER + 800);
  player.speak(body, pressedAt);
  showStage();
}

async function playAgain(row) {
  const avatar = avatars.find((each) => each.id === row.avatar);
  if (avatar) stage.showAvatar(avatar, avatar.address);
  stage.showSize(row.size);
  stage.begin(row.duration_ms);
  $("takeaway").hidden = true;
  const rows = await wordsOf(row);
  player.playFile(row.links.video, rows);
  showStage();
  await offer(row);
}

/** On a small screen the stage may be out of sight. */
function showStage() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("frame").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

async function wordsOf(row) {
  if (spokenWords.has(row.id)) return spokenWords.get(row.id);
  if (row.vtt === null) return [];
  const answer = await fetch(await api.address(row.vtt));
  return answer.ok ? readCues(await answer.text()) : [];
}

function replay() {
  stage.begin($("video").duration * 1000);
  player.replay();
}

function showChosenAvatar() {
  const avatar = avatars.find((each) => each.id === chosenIn($("avatars")));
  if (avatar) stage.showAvatar(avatar, avatar.address);
  return avatar;
}

function showChoices() {
  const avatar = chosenIn($("avatars")) ?? remembered.get("avatar", avatars[0]?.id);
  const voice = chosenIn($("voices")) ?? remembered.get("voice", null);
  const size = chosenIn($("sizes")) ?? remembered.get("size", "512x512");
  const own = avatars.find((each) => each.id === avatar) ?? avatars[0];
  fillChoices($("avatars"), "avatar", avatars.map((each) => ({
    value: each.id, label: words.title(each), picture: each.address,
  })), own?.id);
  fillChoices($("voices"), "voice", voices.map((each) => ({
    value: each.name, label: words.title(each),
  })), voices.some((each) => each.name === voice) ? voice : own?.voice);
  fillChoices($("sizes"), "size", SIZES.map((each) => ({ value: each, label: sizeLabel(each) })),
    SIZES.includes(size) ? size : "512x512");
  showChosenAvatar();
  stage.showSize(chosenIn($("sizes")));
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

function takeSample({ language, text }) {
  $("text").value = text;
  showCount();
  // A Persian voice reads English badly, and the other way round: the same person's other voice.
  const now = voices.find((each) => each.name === chosenIn($("voices")));
  if (now && now.language !== language) choose($("voices"), now.name.replace(now.language, language));
  $("text").focus();
}

function showCount() {
  $("text").setCustomValidity("");
  const length = [...$("text").value].length;
  const over = length - LONGEST_TEXT;
  // An empty text has no direction of its own, and its placeholder is in the page's language.
  $("text").dir = length === 0 ? words.direction : "auto";
  $("count").textContent = over > 0 ? words.say("tooLong", over) : words.say("count", length, LONGEST_TEXT);
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
  $("text").placeholder = words.say("placeholder");
  for (const each of document.querySelectorAll("[data-language]")) {
    each.setAttribute("aria-pressed", String(each.dataset.language === language));
  }
  showSamples();
  showCount();
  showChoices();
  history.show(words, avatars);
  show();
}

function askToSignIn() {
  document.body.dataset.door = "closed";
}

async function enter() {
  const [faces, offered] = await Promise.all([api.json("GET", "/v1/avatars"), api.json("GET", "/v1/voices")]);
  avatars = await Promise.all(faces.avatars.map(async (each) => ({ ...each, address: await api.address(each.preview) })));
  voices = offered.voices;
  document.body.dataset.door = "open";
  showChoices();
  await history.refresh(words, avatars);
}

async function begin() {
  try {
    await api.json("GET", "/v1/session");
    await enter();
    player.tellProblem(null);
  } catch (error) {
    if (error.signedOut) {
      askToSignIn();
      if (location.hash === "#link-used") {
        $("key-problem").textContent = words.say("linkUsed");
        $("key-problem").hidden = false;
      }
      return;
    }
    document.body.dataset.door = "open";
    player.tellProblem(error);
    // A service that is only just starting is worth asking again.
    setTimeout(begin, 3000);
  }
}

async function signIn(event) {
  event.preventDefault();
  $("key-problem").hidden = true;
  try {
    await api.useKey($("key").value.trim());
    $("key").value = "";
    await enter();
    player.tellProblem(null);
  } catch (error) {
    $("key-problem").textContent = words.problem(error);
    $("key-problem").hidden = false;
  }
}

function listen() {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!player.busy) speak();
  });
  $("stop").addEventListener("click", () => player.cancel());
  $("retry").addEventListener("click", speak);
  $("replay").addEventListener("click", replay);
  $("sign-in").addEventListener("submit", signIn);
  $("text").addEventListener("input", showCount);
  $("video").addEventListener("click", () => player.unblock());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !player.busy) speak();
    if (event.key === "Escape") player.cancel();
  });
  $("avatars").addEventListener("change", () => {
    const avatar = showChosenAvatar();
    remembered.set("avatar", avatar.id);
    if (!voiceChosen) choose($("voices"), avatar.voice);
  });
  $("voices").addEventListener("change", () => {
    voiceChosen = true;
    remembered.set("voice", chosenIn($("voices")));
  });
  $("sizes").addEventListener("change", () => {
    remembered.set("size", chosenIn($("sizes")));
    if (!player.busy) stage.showSize(chosenIn($("sizes")));
  });
  for (const each of document.querySelectorAll("[data-language]")) {
    each.addEventListener("click", () => {
      remembered.set("language", each.dataset.language);
      speakLanguage(each.dataset.language);
    });
  }
  stage.onPatience(() => show());
}

drawIcons(document);
voiceChosen = remembered.get("voice", null) !== null;
speakLanguage(words.language);
listen();
begin();
