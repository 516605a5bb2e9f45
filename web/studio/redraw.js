// Has the service draw a face anew, and waits until it has; the three mouths of what came of it.

import { make } from "./elements.js";
import { fileOf } from "./gallery.js";
import { Registration } from "./registration.js";

const SOUNDS = ["a", "u", "m"];
const WHOLE = 100;
const AROUND = 1.15;
// Where the engine puts the eyes in a picture that leaves it a choice.
const EYES_AT = 0.42;

/** The service would not draw it; the words say why and what to do. */
export class NotDrawn extends Error {
  constructor(refusal) {
    super(refusal?.detail ?? "");
    this.refusal = refusal;
  }

  text(language) {
    return language === "fa" ? this.refusal?.detail_fa ?? "" : this.refusal?.detail ?? "";
  }
}

/** Change a face, by `{points}` or `{choose}`; return the avatar as it is then. Raises NotDrawn and Problem. */
export async function redraw(api, avatar, change, onChange = () => {}) {
  let answer = await api.json("PATCH", avatar.links.face, change);
  if (answer.registration?.state === "pending") answer = await new Registration(api, onChange).ended(answer);
  if (answer.registration?.state === "refused") throw new NotDrawn(answer.registration.refusal);
  return answer;
}

/** Return three pictures of the face as it says «آ», «او» and «م», near enough to see the mouth; null
 * where the avatar has none. house: {api, pictures, words}; points: of its face, fetched where absent. */
export async function mouths({ api, pictures, words }, avatar, points = null) {
  if (!avatar.links.visemes) return null;
  const [src, known] = await Promise.all([
    pictures.address(fileOf(avatar, "visemes")),
    points ?? (avatar.links.points ? api.json("GET", fileOf(avatar, "points")) : null),
  ]);
  const view = known === null ? { x: 0, y: 0, side: 1 } : faceBox(known);
  return make("figure", { class: "mouths", role: "group", "aria-label": words.say("faces.visemes") }, SOUNDS.map((sound, n) => {
    const picture = make("img", { src, alt: "", draggable: "false" });
    // One strip holds all three; each window shows the face's part of its own third.
    picture.style.inlineSize = `${(SOUNDS.length / view.side) * WHOLE}%`;
    picture.style.left = `${(-(n + view.x) / view.side) * WHOLE}%`;
    picture.style.top = `${(-view.y / view.side) * WHOLE}%`;
    return make("span", { class: "sound" }, make("span", { class: "window", dir: "ltr" }, picture),
      make("span", { text: words.say(`faces.viseme.${sound}`) }));
  }));
}

/** Return the square around a face, in shares of the square of the picture that the engine draws. */
function faceBox({ width, height, contours }) {
  const drawn = Math.min(width, height);
  const points = Object.values(contours).flat();
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const eyes = [...contours.eye_a_upper, ...contours.eye_b_upper];
  const eyesAt = eyes.reduce((sum, point) => sum + point[1], 0) / eyes.length;
  const start = {
    x: within((left + right - drawn) / 2, width - drawn), y: within(eyesAt - EYES_AT * drawn, height - drawn),
  };
  const side = Math.min(1, (AROUND * Math.max(right - left, bottom - top)) / drawn);
  return {
    x: within(((left + right) / 2 - start.x) / drawn - side / 2, 1 - side),
    y: within(((top + bottom) / 2 - start.y) / drawn - side / 2, 1 - side),
    side,
  };
}

function within(value, most) {
  return Math.min(most, Math.max(0, value));
}
