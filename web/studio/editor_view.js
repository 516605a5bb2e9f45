// The picture with the points over it: zoom, moving about, and handles for pointer and keyboard.
// Tells what was moved and decides nothing.

import { make } from "./elements.js";

const MOST_ZOOM = 12;
const ZOOM_STEP = 1.4;
const FAST = 10;
const MARGIN = 0.35;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SVG = "http://www.w3.org/2000/svg";

export class PointView {
  #face;
  #host;
  #box;
  #picture;
  #lines;
  #handles;
  #buttons = new Map();
  #mode = "main";
  #scale = 1;
  #left = 0;
  #top = 0;
  #whole = true;
  #drag = null;
  #fingers = new Map();
  #spread = null;

  /** face: FacePoints. host: nameOf(handle); onMove(handle, by) after each move, by "pointer" or
   * "keys". */
  constructor(face, address, label, host) {
    this.#face = face;
    this.#host = host;
    this.#picture = make("img", { class: "plane", src: address, alt: "", draggable: "false", width: face.width, height: face.height });
    this.#lines = document.createElementNS(SVG, "svg");
    this.#lines.setAttribute("aria-hidden", "true");
    this.#handles = make("div", { class: "handles" });
    this.#box = make("div", { class: "viewport", dir: "ltr", role: "group", "aria-label": label },
      this.#picture, this.#lines, this.#handles);
    this.#listen();
    this.sizes = new ResizeObserver(() => (this.#whole ? this.fit() : this.draw()));
    this.sizes.observe(this.#box);
  }

  get element() {
    return this.#box;
  }

  set mode(mode) {
    this.#mode = mode;
    this.#buttons.clear();
    this.#handles.replaceChildren();
    this.#box.dataset.mode = mode;
    this.draw();
  }

  /** Show the whole picture. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.#box;
    if (width === 0) return;
    this.#whole = true;
    this.#scale = this.#least;
    this.#left = (width - this.#face.width * this.#scale) / 2;
    this.#top = (height - this.#face.height * this.#scale) / 2;
    this.draw();
  }

  /** Zoom in or out by a factor; about the middle, or about a place of the box. */
  zoom(factor, x = this.#box.clientWidth / 2, y = this.#box.clientHeight / 2) {
    const scale = Math.min(MOST_ZOOM, Math.max(this.#least, this.#scale * factor));
    if (scale === this.#least) {
      this.fit();
      return;
    }
    this.#whole = false;
    this.#left = x - ((x - this.#left) * scale) / this.#scale;
    this.#top = y - ((y - this.#top) * scale) / this.#scale;
    this.#scale = scale;
    this.#keepInside();
    this.draw();
  }

  zoomIn() {
    this.zoom(ZOOM_STEP);
  }

  zoomOut() {
    this.zoom(1 / ZOOM_STEP);
  }

  /** Show some contours as large as they can be shown. */
  zoomTo(names) {
    const points = names.flatMap((name) => this.#face.contours[name]);
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const [width, height] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
    const { clientWidth, clientHeight } = this.#box;
    const room = 1 + 2 * MARGIN;
    this.#whole = false;
    this.#scale = Math.min(MOST_ZOOM, Math.max(this.#least, Math.min(clientWidth / (width * room), clientHeight / (height * room))));
    this.#left = clientWidth / 2 - (Math.min(...xs) + width / 2) * this.#scale;
    this.#top = clientHeight / 2 - (Math.min(...ys) + height / 2) * this.#scale;
    this.draw();
  }

  draw() {
    this.#picture.style.transform = `translate(${this.#left}px, ${this.#top}px) scale(${this.#scale})`;
    const place = ([x, y]) => [this.#left + x * this.#scale, this.#top + y * this.#scale];
    const curves = Object.entries(this.#face.contours);
    while (this.#lines.childElementCount < curves.length) this.#lines.append(document.createElementNS(SVG, "path"));
    curves.forEach(([name, curve], n) => {
      const line = this.#lines.children[n];
      line.setAttribute("d", `M${curve.map((point) => place(point).map((each) => each.toFixed(1)).join(" ")).join("L")}`);
      line.setAttribute("class", name.split("_")[0]);
    });
    this.#drawHandles(place);
  }

  #drawHandles(place) {
    const handles = this.#face.handles(this.#mode);
    const ids = new Set(handles.map((each) => each.id));
    for (const [id, element] of this.#buttons) {
      if (ids.has(id)) continue;
      element.remove();
      this.#buttons.delete(id);
    }
    for (const handle of handles) {
      const button = this.#buttons.get(handle.id) ?? this.#makeHandle(handle);
      const [x, y] = place([handle.x, handle.y]);
      button.style.transform = `translate(${x}px, ${y}px)`;
    }
  }

  #makeHandle(handle) {
    const button = make("button", {
      type: "button", class: "handle", "aria-label": this.#host.nameOf(handle), data: { handle: handle.id },
      title: this.#host.nameOf(handle),
    });
    this.#buttons.set(handle.id, button);
    this.#handles.append(button);
    return button;
  }

  get #least() {
    return Math.min(this.#box.clientWidth / this.#face.width, this.#box.clientHeight / this.#face.height);
  }

  /** Some of the picture is always in sight. */
  #keepInside() {
    const { clientWidth, clientHeight } = this.#box;
    const [width, height] = [this.#face.width * this.#scale, this.#face.height * this.#scale];
    this.#left = Math.min(clientWidth / 2, Math.max(clientWidth / 2 - width, this.#left));
    this.#top = Math.min(clientHeight / 2, Math.max(clientHeight / 2 - height, this.#top));
  }

  #handle(id) {
    return this.#face.handles(this.#mode).find((each) => each.id === id);
  }

  #listen() {
    const box = this.#box;
    box.addEventListener("pointerdown", (event) => this.#press(event));
    box.addEventListener("pointermove", (event) => this.#pull(event));
    for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, (event) => this.#release(event));
    box.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { left, top } = box.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - left, event.clientY - top);
    }, { passive: false });
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && this.#bringIntoSight(event.target));
  }

  #press(event) {
    if (event.button !== 0) return;
    this.#box.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, [event.clientX, event.clientY]);
    const id = event.target.closest(".handle")?.dataset.handle ?? null;
    event.target.closest(".handle")?.focus({ preventScroll: true });
    this.#spread = null;
    this.#drag = this.#fingers.size === 1 ? { id, moved: false } : null;
  }

  #pull(event) {
    const last = this.#fingers.get(event.pointerId);
    if (last === undefined) return;
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    this.#fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.#fingers.size > 1) this.#pinch();
    else if (this.#drag?.id) this.#dragHandle(dx, dy);
    else if (this.#drag) this.#pan(dx, dy);
  }

  #release(event) {
    this.#fingers.delete(event.pointerId);
    this.#spread = null;
    if (this.#fingers.size === 0) this.#drag = null;
  }

  #dragHandle(dx, dy) {
    const handle = this.#handle(this.#drag.id);
    if (!handle || (dx === 0 && dy === 0)) return;
    if (!this.#drag.moved) this.#face.mark();
    handle.move(dx / this.#scale, dy / this.#scale);
    this.#told(handle, "pointer");
    this.#drag.moved = true;
  }

  #pan(dx, dy) {
    if (this.#whole) return;
    this.#left += dx;
    this.#top += dy;
    this.#keepInside();
    this.draw();
  }

  #pinch() {
    const [first, second] = [...this.#fingers.values()];
    const spread = Math.hypot(first[0] - second[0], first[1] - second[1]);
    const { left, top } = this.#box.getBoundingClientRect();
    const middle = [(first[0] + second[0]) / 2 - left, (first[1] + second[1]) / 2 - top];
    if (this.#spread !== null && spread > 0) this.zoom(spread / this.#spread, ...middle);
    this.#spread = spread;
  }

  #key(event) {
    if (event.key === "+" || event.key === "=") this.zoomIn();
    else if (event.key === "-") this.zoomOut();
    else if (event.key === "0") this.fit();
    else if (event.key in ARROWS && event.target.matches(".handle")) this.#nudge(event);
    else return;
    event.preventDefault();
  }

  #nudge(event) {
    const handle = this.#handle(event.target.dataset.handle);
    if (!handle) return;
    const far = event.shiftKey ? FAST : 1;
    const [dx, dy] = ARROWS[event.key];
    // A held key is one step to undo.
    if (!event.repeat) this.#face.mark();
    handle.move(dx * far, dy * far);
    this.#told(handle, "keys");
  }

  #told(handle, by) {
    this.draw();
    this.#host.onMove(this.#handle(handle.id) ?? handle, by);
  }

  #bringIntoSight(button) {
    const handle = this.#handle(button.dataset.handle);
    if (!handle || this.#whole) return;
    const { clientWidth, clientHeight } = this.#box;
    const [x, y] = [this.#left + handle.x * this.#scale, this.#top + handle.y * this.#scale];
    if (x >= 0 && y >= 0 && x <= clientWidth && y <= clientHeight) return;
    this.#left += clientWidth / 2 - x;
    this.#top += clientHeight / 2 - y;
    this.draw();
  }
}
