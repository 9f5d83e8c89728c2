// Notes are pinned to photographs by pointing at them, or with the keyboard: Enter sets a pin in the middle, arrows
// move it. Each note is a row of the form, so that it is saved like everything else.
const form = document.getElementById("marks");
const section = document.getElementById("notes");
const list = section.querySelector("ol.notes");
const blank = section.querySelector("[data-blank] .note");
const button = document.querySelector('[data-do="annotate"]');
const main = document.querySelector("main");
const said = form.querySelector("[data-said]");
const SVG = "http://www.w3.org/2000/svg";
const STEP = 1; // Percent of the picture; with Shift five times as far.

// Without script the empty row is how a note is added; here it is the pattern of new ones, and never sent.
blank.closest(".plain").remove();

button.addEventListener("click", () => annotate(!document.body.classList.contains("annotating")));
// Before the table hears of it: the arrows move a pin that has the focus, not the view.
document.addEventListener("keydown", press, true);

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && document.body.classList.contains("annotating")) {
    annotate(false);
    event.preventDefault();
    return;
  }
  const pin = event.target.closest(".pin");
  if (pin && event.key.startsWith("Arrow")) return move(event, rowOf(pin.dataset.note));
  const field = event.target.closest("input, textarea, select");
  if (field && !["radio", "checkbox"].includes(field.type)) return;
  if (event.key.toLowerCase() === "a") {
    annotate(true);
    event.preventDefault();
  } else if (event.key === "Enter" && document.body.classList.contains("annotating") && event.target.matches(".board")) {
    add(event.target.closest("figure"), 50, 50, { stay: true });
    event.preventDefault();
  }
}

function boards() {
  return [...main.querySelectorAll(".sheet.current figure.current .board:has(.picture)")];
}

function annotate(on) {
  document.body.classList.toggle("annotating", on);
  button.setAttribute("aria-pressed", on);
  for (const board of main.querySelectorAll(".board")) {
    for (const name of ["tabindex", "role", "aria-label"]) board.removeAttribute(name);
  }
  if (!on) return;
  const now = boards();
  for (const board of now) {
    board.tabIndex = 0;
    board.setAttribute("role", "group");
    board.setAttribute("aria-label", `Pin a note to ${board.closest("figure").dataset.label}`);
  }
  if (!now.length) {
    document.body.classList.remove("annotating");
    button.setAttribute("aria-pressed", "false");
    said.textContent = "Choose a view with photographs first.";
    return;
  }
  now[0].focus();
  said.textContent = "Point at a photograph, or press Enter for its middle. Tab leads to the next one, Escape stops.";
}

main.addEventListener("click", (event) => {
  const pin = event.target.closest(".pin");
  if (pin) {
    rowOf(pin.dataset.note)?.querySelector("textarea").focus();
    return;
  }
  const picture = event.target.closest(".board")?.querySelector(".picture");
  if (!picture || !document.body.classList.contains("annotating")) return;
  const box = picture.getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  if (x >= 0 && x <= 1 && y >= 0 && y <= 1) add(picture.closest("figure"), 100 * x, 100 * y);
});

function add(figure, x, y, { stay = false } = {}) {
  annotate(false);
  const row = blank.cloneNode(true);
  list.append(row);
  field(row, "photo").value = figure.dataset.photo;
  field(row, "x").value = x.toFixed(2);
  field(row, "y").value = y.toFixed(2);
  field(row, "criterion").value = form.querySelector('[data-code][aria-current]')?.dataset.code ?? "";
  row.querySelector("[data-label]").textContent = figure.dataset.label;
  number();
  if (stay) {
    document.querySelector(`.pin[data-note="${row.dataset.note}"]`).focus();
    said.textContent = "Pinned in the middle. Move it with the arrows; Enter leads to its text.";
  } else {
    row.querySelector("textarea").focus();
  }
}

function move(event, row) {
  if (!row) return;
  const far = event.shiftKey ? 5 * STEP : STEP;
  const [across, down] = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
  for (const [name, by] of [["x", across], ["y", down]]) {
    const place = Math.min(Math.max(Number(field(row, name).value) + by, 0), 100);
    field(row, name).value = place.toFixed(2);
  }
  pins();
  document.querySelector(`.pin[data-note="${row.dataset.note}"]`).focus();
  changed();
  event.preventDefault();
  event.stopImmediatePropagation();
}

list.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-remove]")) return;
  target.closest(".note").remove();
  number();
  changed();
  button.focus();
});
list.addEventListener("focusin", ({ target }) => {
  const row = target.closest(".note");
  document.dispatchEvent(new CustomEvent("stipple:look", { detail: field(row, "photo").value }));
  for (const pin of main.querySelectorAll(".pin")) pin.setAttribute("aria-pressed", pin.dataset.note === row.dataset.note);
});
list.addEventListener("input", pinned);

function field(row, name) {
  return row.querySelector(`[name="note-${name}"]`);
}

function rowOf(number) {
  return list.querySelector(`.note[data-note="${number}"]`);
}

function changed() {
  section.dispatchEvent(new Event("change", { bubbles: true }));
}

// Rows bear their numbers, and so do their fields and pins.
function number() {
  [...list.children].forEach((row, place) => {
    const now = String(place + 1);
    row.dataset.note = now;
    row.querySelector(".number").textContent = now;
    for (const name of ["text", "criterion"]) {
      const input = field(row, name);
      const label = row.querySelector(`label[for="${input.id}"]`);
      label.textContent = name === "text" ? `Note ${now}` : `Criterion of note ${now}`;
      label.htmlFor = input.id = `note-${now}-${name}`;
    }
    row.querySelector("[data-remove] .sr").textContent = ` note ${now}`;
  });
  section.querySelector("[data-no-notes]").hidden = list.children.length > 0;
  pins();
}

function pins() {
  for (const layer of main.querySelectorAll(".pins")) layer.replaceChildren();
  for (const row of list.children) {
    const layer = main.querySelector(`figure[data-photo="${field(row, "photo").value}"] .pins`);
    if (!layer) continue;
    const place = document.createElementNS(SVG, "foreignObject");
    for (const [name, value] of Object.entries({ x: `${field(row, "x").value}%`, y: `${field(row, "y").value}%`, width: 44, height: 44 })) {
      place.setAttribute(name, value);
    }
    const pin = Object.assign(document.createElement("button"), { type: "button", className: "pin" });
    pin.dataset.note = row.dataset.note;
    pin.setAttribute("aria-pressed", "false");
    pin.append(Object.assign(document.createElement("span"), { textContent: row.dataset.note, ariaHidden: "true" }));
    place.append(pin);
    layer.append(place);
  }
  pinned();
}

function pinned() {
  for (const row of list.children) {
    const text = field(row, "text").value.trim();
    document
      .querySelector(`.pin[data-note="${row.dataset.note}"]`)
      ?.setAttribute("aria-label", `Note ${row.dataset.note}${text ? `: ${text}` : ""}`);
  }
}
