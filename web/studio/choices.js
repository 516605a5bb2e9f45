// Groups of radio buttons made from what the service offers. Native inputs, so that
// keyboard and screen readers need nothing from us.

/** Fill a container with one radio button a row; rows are {value, label, picture?, note?}. */
export function fillChoices(container, name, rows, chosen) {
  container.replaceChildren(
    ...rows.map(({ value, label, picture, note }) => {
      const input = document.createElement("input");
      input.type = "radio";
      input.name = name;
      input.value = value;
      input.checked = value === chosen;
      const shown = document.createElement("span");
      shown.className = "shown";
      if (picture) shown.append(pictureOf(picture));
      const words = document.createElement("span");
      words.className = "words";
      words.append(strong(label));
      if (note) words.append(small(note));
      shown.append(words);
      const option = document.createElement("label");
      option.className = "option";
      option.append(input, shown);
      return option;
    }),
  );
}

/** Return the chosen value of a container, or null. */
export function chosenIn(container) {
  return container.querySelector("input:checked")?.value ?? null;
}

/** Choose a value if it is offered; return whether it is. */
export function choose(container, value) {
  const input = [...container.querySelectorAll("input")].find((each) => each.value === value);
  if (input) input.checked = true;
  return input !== undefined;
}

function pictureOf(address) {
  const image = document.createElement("img");
  image.src = address;
  image.alt = "";
  image.width = image.height = 56;
  return image;
}

function strong(text) {
  const element = document.createElement("span");
  element.className = "name";
  element.textContent = text;
  return element;
}

function small(text) {
  const element = document.createElement("span");
  element.className = "note";
  element.textContent = text;
  return element;
}
