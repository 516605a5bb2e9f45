// The page's few pictures, as paths on a 24-pixel grid; drawn with the text's own colour.

const PATHS = {
  play: "M8 5.6v12.8a1 1 0 0 0 1.53.85l10.2-6.4a1 1 0 0 0 0-1.7L9.53 4.75A1 1 0 0 0 8 5.6Z",
  stop: "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z",
  replay: "M12 5V2.4L7.4 6 12 9.6V7a5.5 5.5 0 1 1-5.4 6.6H4.6A7.5 7.5 0 1 0 12 5Z",
  download: "M11 4h2v8.2l3.1-3.1 1.4 1.4L12 16l-5.5-5.5 1.4-1.4L11 12.2V4ZM5 18h14v2H5v-2Z",
  voice: "M3 10h2v4H3v-4Zm4-4h2v12H7V6Zm4 2h2v8h-2V8Zm4-5h2v18h-2V3Zm4 6h2v6h-2V9Z",
};

const SVG = "http://www.w3.org/2000/svg";

/** Return an <svg> that says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Put an icon before the text of every element that asks for one with data-icon. */
export function drawIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) element.prepend(icon(element.dataset.icon));
}
