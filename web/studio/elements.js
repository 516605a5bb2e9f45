// Elements made without markup, so that nothing anybody wrote is ever read as such.

/** Return an element. `text`, `class`, `data` and `on` (listeners) are set as such, the rest as
 * attributes; true stands for an attribute without a value, false, null and undefined for none. */
export function make(tag, { text, class: names, data = {}, on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (names) element.className = names;
  if (text !== undefined) element.textContent = text;
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return a small button with words and, if named, an icon before them. */
export function button(text, onClick, { kind = "button small", icon = null, ...more } = {}) {
  return make("button", { type: "button", class: kind, on: { click: onClick }, ...more },
    icon, make("span", { text }));
}

/** Return the same action, held back until it has not been asked for during `ms`. */
export function patiently(ms, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), ms);
  };
}

let dialogs = 0;

/** Show an empty modal dialog under a heading; `fill(body, close)` puts its content in. It is
 * taken off the page when it closes, and the keyboard goes back to where it was. */
export function openDialog({ title, closeLabel, closeIcon, kind = "", onClosed = () => {}, mayClose = () => true }) {
  dialogs += 1;
  const heading = make("h2", { text: title, id: `dialog-title-${dialogs}` });
  const body = make("div", { class: "dialog-body" });
  const dialog = make("dialog", { class: `dialog ${kind}`, "aria-labelledby": heading.id },
    make("div", { class: "dialog-head" }, heading,
      make("button", { type: "button", class: "round", "aria-label": closeLabel, on: { click: () => leave() } }, closeIcon)),
    body);
  const leave = () => mayClose() && dialog.close();
  dialog.addEventListener("cancel", (event) => mayClose() || event.preventDefault());
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClosed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body, heading, close: () => dialog.close() };
}
