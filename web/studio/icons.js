// The page's few pictures, as paths on a 24-pixel grid; drawn with the text's own colour.

const PATHS = {
  play: "M8 5.6v12.8a1 1 0 0 0 1.53.85l10.2-6.4a1 1 0 0 0 0-1.7L9.53 4.75A1 1 0 0 0 8 5.6Z",
  stop: "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z",
  replay: "M12 5V2.4L7.4 6 12 9.6V7a5.5 5.5 0 1 1-5.4 6.6H4.6A7.5 7.5 0 1 0 12 5Z",
  download: "M11 4h2v8.2l3.1-3.1 1.4 1.4L12 16l-5.5-5.5 1.4-1.4L11 12.2V4ZM5 18h14v2H5v-2Z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6V5Z",
  close: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4 6.4 5Z",
  find: "M10.5 4a6.5 6.5 0 0 1 5.2 10.4l4.3 4.2-1.4 1.4-4.2-4.3A6.5 6.5 0 1 1 10.5 4Zm0 2a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z",
  report: "M6 3h12a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Zm1 2v14h10V5H7Zm2 3h6v2H9V8Zm0 4h6v2H9v-2Z",
  points: "M12 3a3 3 0 0 1 1 5.8v6.4a3 3 0 1 1-2 0V8.8A3 3 0 0 1 12 3Zm0 2a1 1 0 1 0 0 2 1 1 0 0 0 0-2Zm0 12a1 1 0 1 0 0 2 1 1 0 0 0 0-2ZM5 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6Zm14 0a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z",
  away: "M4 4h16v4h-1v11a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8H4V4Zm3 4v10h10V8H7Zm2 3h6v2H9v-2Z",
  upload: "M11 16V7.8L7.9 10.9 6.5 9.5 12 4l5.5 5.5-1.4 1.4L13 7.8V16h-2ZM5 18h14v2H5v-2Z",
  good: "m9.5 17.6-5-5L6 11.2l3.5 3.5L18 6.2l1.5 1.4-10 10Z",
  fair: "M11 5h2v9h-2V5Zm0 11.5h2v2.5h-2v-2.5Z",
  bad: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4 6.4 5Z",
  minus: "M5 11h14v2H5v-2Z",
  fit: "M4 4h6v2H6v4H4V4Zm10 0h6v6h-2V6h-4V4ZM4 14h2v4h4v2H4v-6Zm14 0h2v6h-6v-2h4v-4Z",
  undo: "M8 5v3h6a5 5 0 0 1 0 10H8v-2h6a3 3 0 0 0 0-6H8v3L3.5 9 8 5Z",
  redo: "M16 5v3h-6a5 5 0 0 0 0 10h6v-2h-6a3 3 0 0 1 0-6h6v3L20.5 9 16 5Z",
  mouth: "M3 12c3-4 5.5-5 7-5 .8 0 1.4.3 2 .7.6-.4 1.2-.7 2-.7 1.5 0 4 1 7 5-3 4-6 5.5-9 5.5S6 16 3 12Zm3 0c4 .8 8 .8 12 0-4-.8-8-.8-12 0Z",
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
