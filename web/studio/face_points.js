// The points of a face and how a person moves them: a few handles that take their neighbours
// along, three that take the whole face, or each point by itself. Knows no element of the page.

const MOST_STEPS = 100;
const OPEN_SHARE = 0.03;
const FLAT = 1e-3;

const LIPS = ["lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer"];
const all = (contours, index) => contours.map((contour) => [contour, index]);
const lids = (side) => [`eye_${side}_upper`, `eye_${side}_lower`];

// [name, side, points that it moves]; contours run from left to right.
const MAIN = [
  ["mouthCorner", "a", all(LIPS, 0)],
  ["lipTop", null, [["lip_upper_outer", 3]]],
  ["lipBottom", null, [["lip_lower_outer", 3]]],
  ["mouthCorner", "b", all(LIPS, 6)],
  ["eyeOuter", "a", all(lids("a"), 0)],
  ["lidTop", "a", [["eye_a_upper", 2]]],
  ["lidBottom", "a", [["eye_a_lower", 2]]],
  ["eyeInner", "a", all(lids("a"), 4)],
  ["eyeInner", "b", all(lids("b"), 0)],
  ["lidTop", "b", [["eye_b_upper", 2]]],
  ["lidBottom", "b", [["eye_b_lower", 2]]],
  ["eyeOuter", "b", all(lids("b"), 4)],
  ["browOuter", "a", [["brow_a", 0]]],
  ["browMiddle", "a", [["brow_a", 2]]],
  ["browInner", "a", [["brow_a", 4]]],
  ["browInner", "b", [["brow_b", 0]]],
  ["browMiddle", "b", [["brow_b", 2]]],
  ["browOuter", "b", [["brow_b", 4]]],
  ["noseTip", null, [["nose_bridge", 3], ["nose_base", 2]]],
  ["nostril", "a", [["nose_base", 0]]],
  ["nostril", "b", [["nose_base", 4]]],
  ["ear", "a", [["jaw", 0]]],
  ["jaw", "a", [["jaw", 4]]],
  ["chin", null, [["jaw", 8]]],
  ["jaw", "b", [["jaw", 12]]],
  ["ear", "b", [["jaw", 16]]],
];
const CLOSED_SEAM = [["lipSeam", null, [["lip_upper_inner", 3], ["lip_lower_inner", 3]]]];
const OPEN_SEAM = [
  ["lipTopInner", null, [["lip_upper_inner", 3]]],
  ["lipBottomInner", null, [["lip_lower_inner", 3]]],
];
const WHOLE = [["eyeWhole", "a", lids("a")], ["eyeWhole", "b", lids("b")], ["mouthWhole", null, LIPS]];

// Where each contour stays when one of its other handles is moved.
const ANCHORS = new Map();
for (const [, , points] of [...MAIN, ...OPEN_SEAM]) {
  for (const [contour, index] of points) ANCHORS.set(contour, [...(ANCHORS.get(contour) ?? []), index]);
}
ANCHORS.get("nose_bridge").push(0);

export const MODES = ["whole", "main", "all"];

export class FacePoints {
  #contours;
  #past = [];
  #future = [];
  #first;

  /** document: face points as the service has them. */
  constructor({ width, height, contours }) {
    this.width = width;
    this.height = height;
    this.#contours = structuredClone(contours);
    this.#first = structuredClone(contours);
  }

  get contours() {
    return this.#contours;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Return the points as the service takes them. */
  toJson() {
    const round = (value) => Math.round(value * 100) / 100;
    const contours = Object.fromEntries(
      Object.entries(this.#contours).map(([name, curve]) => [name, curve.map((point) => point.map(round))]),
    );
    return { version: 1, width: this.width, height: this.height, contours };
  }

  /** Return the handles of a mode: {id, name, side, contour, index, x, y, move(dx, dy)}. */
  handles(mode) {
    if (mode === "whole") return WHOLE.map((each) => this.#wholeHandle(...each));
    if (mode === "all") return this.#everyPoint();
    return [...MAIN, ...(this.#mouthOpen() ? OPEN_SEAM : CLOSED_SEAM)].map((each) => this.#mainHandle(...each));
  }

  /** Remember how it is now; what follows can be undone as one step. */
  mark() {
    this.#past.push(structuredClone(this.#contours));
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
  }

  undo() {
    this.#step(this.#past, this.#future);
  }

  redo() {
    this.#step(this.#future, this.#past);
  }

  /** Everything as it was at first; that too can be undone. */
  reset() {
    this.mark();
    this.#contours = structuredClone(this.#first);
  }

  #step(from, to) {
    if (from.length === 0) return;
    to.push(this.#contours);
    this.#contours = from.pop();
  }

  #mouthOpen() {
    const [upper, lower] = [this.#contours.lip_upper_inner, this.#contours.lip_lower_inner];
    return lower[3][1] - upper[3][1] > OPEN_SHARE * Math.hypot(upper[6][0] - upper[0][0], upper[6][1] - upper[0][1]);
  }

  #mainHandle(name, side, points) {
    const [[contour, index]] = points;
    const [x, y] = this.#contours[contour][index];
    const move = (dx, dy) => points.forEach(([each, at]) => this.#carry(each, at, dx, dy));
    return { id: `${name}-${side ?? ""}`, name, side, x, y, move };
  }

  #everyPoint() {
    const handles = [];
    for (const [contour, curve] of Object.entries(this.#contours)) {
      curve.forEach(([x, y], index) => {
        const same = sharing(contour, index);
        if (same[0][0] !== contour) return;
        const move = (dx, dy) => same.forEach(([each, at]) => this.#put(each, at, dx, dy));
        handles.push({ id: `${contour}-${index}`, contour, index, x, y, move });
      });
    }
    return handles;
  }

  #wholeHandle(name, side, contours) {
    const [x, y] = this.#middle(contours);
    return { id: `${name}-${side ?? ""}`, name, side, x, y, move: (dx, dy) => this.#moveWhole(contours, dx, dy) };
  }

  #middle(contours) {
    const points = contours.flatMap((each) => this.#contours[each]);
    return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  }

  /** Move one corner of the triangle of eyes and mouth; every point keeps its place in the triangle. */
  #moveWhole(moved, dx, dy) {
    const corners = WHOLE.map(([, , contours]) => this.#middle(contours));
    const targets = WHOLE.map(([, , contours], n) => (contours === moved ? [corners[n][0] + dx, corners[n][1] + dy] : corners[n]));
    const [before, after] = [areaOf(corners), areaOf(targets)];
    // Turned inside out, or flat, it could not be moved back.
    if (Math.abs(before) < FLAT || after / before < FLAT) return;
    for (const curve of Object.values(this.#contours)) {
      for (const point of curve) {
        const shares = corners.map((_, n) => areaOf(corners.map((corner, m) => (m === n ? point : corner))) / before);
        const place = [0, 1].map((axis) => shares.reduce((sum, share, n) => sum + share * targets[n][axis], 0));
        point[0] = within(place[0], this.width);
        point[1] = within(place[1], this.height);
      }
    }
  }

  /** Move a point of a curve; those up to the next anchors come along, less the farther they are. */
  #carry(contour, index, dx, dy) {
    const curve = this.#contours[contour];
    const anchors = ANCHORS.get(contour);
    const before = Math.max(-1, ...anchors.filter((each) => each < index));
    const after = Math.min(curve.length, ...anchors.filter((each) => each > index));
    const weights = curve.map((_, at) => {
      if (at === index) return 1;
      const end = at < index ? before : after;
      const between = at < index ? at > before && before >= 0 : at < after && after < curve.length;
      return between ? smooth(lengthOf(curve, end, at) / lengthOf(curve, end, index)) : 0;
    });
    weights.forEach((weight, at) => weight > 0 && this.#put(contour, at, weight * dx, weight * dy));
  }

  #put(contour, index, dx, dy) {
    const point = this.#contours[contour][index];
    point[0] = within(point[0] + dx, this.width);
    point[1] = within(point[1] + dy, this.height);
  }
}

/** Return the points that are one and the same: the corners of eyes and mouth. */
function sharing(contour, index) {
  if (contour.startsWith("lip_") && (index === 0 || index === 6)) return all(LIPS, index);
  if (contour.startsWith("eye_") && (index === 0 || index === 4)) return all(lids(contour[4]), index);
  return [[contour, index]];
}

function within(value, most) {
  return Math.min(most, Math.max(0, value));
}

function smooth(share) {
  return Number.isFinite(share) ? share * share * (3 - 2 * share) : 0;
}

function lengthOf(curve, from, to) {
  const [first, last] = from < to ? [from, to] : [to, from];
  let length = 0;
  for (let at = first; at < last; at += 1) length += Math.hypot(curve[at + 1][0] - curve[at][0], curve[at + 1][1] - curve[at][1]);
  return length;
}

/** Twice the area of a triangle, with its sign. */
function areaOf([[ax, ay], [bx, by], [cx, cy]]) {
  return (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
}
