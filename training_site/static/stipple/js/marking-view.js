// The light table shows one view at a time, all its stages side by side, and zooms into the same region of each.
// Without this module every view stands below the other.
const table = document.body;
const main = document.querySelector("main");
const sheets = [...main.querySelectorAll("[data-sheet]")];
const links = [...document.querySelectorAll("[data-view]")];
const zoomButton = document.querySelector('[data-do="zoom"]');
const help = document.querySelector("[data-help]");
const STEPS = [1, 2, 4];
const region = { zoom: 1, x: 0.5, y: 0.5 };
let under = null; // Where the mouse is, as shares of a picture.
let drag = null;

table.classList.add("live");
for (const column of main.querySelectorAll(".column")) take(column, 0);
show(sheets.find((sheet) => `#${sheet.id}` === location.hash) ?? sheets[0]);

for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(document.getElementById(link.dataset.view));
  });
}
main.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-take]");
  if (button) take(button.closest(".column"), Number(button.dataset.take));
});
// A note of the rail asks for its photograph.
document.addEventListener("stipple:look", ({ detail }) => {
  const figure = main.querySelector(`figure[data-photo="${detail}"]`);
  if (!figure) return;
  show(figure.closest("[data-sheet]"));
  take(figure.closest(".column"), [...figure.parentElement.querySelectorAll("figure")].indexOf(figure));
});

function show(sheet) {
  for (const each of sheets) each.classList.toggle("current", each === sheet);
  for (const link of links) {
    const current = link.dataset.view === sheet.id;
    if (current) {
      link.setAttribute("aria-current", "true");
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - link.parentElement.clientWidth / 2;
    } else {
      link.removeAttribute("aria-current");
    }
  }
  main.scrollTop = 0;
  place(1);
}

function take(column, number) {
  column.querySelectorAll("figure").forEach((figure, place) => figure.classList.toggle("current", place === number));
  column.querySelectorAll("[data-take]").forEach((button, place) => button.setAttribute("aria-pressed", place === number));
}

function turn(by) {
  const now = sheets.findIndex((sheet) => sheet.classList.contains("current"));
  show(sheets[(now + by + sheets.length) % sheets.length]);
}

// Zoom ------------------------------------------------------------------------------------------------

function place(zoom, x = region.x, y = region.y) {
  const edge = 0.5 / zoom;
  region.zoom = zoom;
  region.x = Math.min(Math.max(x, edge), 1 - edge);
  region.y = Math.min(Math.max(y, edge), 1 - edge);
  main.style.setProperty("--zoom", zoom);
  main.style.setProperty("--pan-x", `${(0.5 - region.x) * zoom * 100}%`);
  main.style.setProperty("--pan-y", `${(0.5 - region.y) * zoom * 100}%`);
  table.classList.toggle("zoomed", zoom > 1);
  zoomButton.setAttribute("aria-pressed", zoom > 1);
}

function zoom() {
  const next = STEPS[(STEPS.indexOf(region.zoom) + 1) % STEPS.length];
  place(next, ...(next > 1 && under ? [under.x, under.y] : []));
}

function shares(event) {
  const picture = event.target.closest(".board")?.querySelector(".picture");
  if (!picture) return null;
  const box = picture.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height, box };
}

main.addEventListener("pointermove", (event) => {
  if (drag) {
    place(region.zoom, drag.x - (event.clientX - drag.left) / drag.box.width, drag.y - (event.clientY - drag.top) / drag.box.height);
  } else {
    under = event.pointerType === "mouse" ? shares(event) : null;
  }
});
main.addEventListener("pointerleave", () => (under = null));
main.addEventListener("pointerdown", (event) => {
  const at = shares(event);
  if (!at || region.zoom === 1 || table.classList.contains("annotating") || event.target.closest(".pin")) return;
  event.preventDefault();
  drag = { x: region.x, y: region.y, left: event.clientX, top: event.clientY, box: at.box };
  main.classList.add("dragging");
  main.setPointerCapture(event.pointerId);
});
for (const end of ["pointerup", "pointercancel"]) {
  main.addEventListener(end, () => {
    drag = null;
    main.classList.remove("dragging");
  });
}

// Keys ------------------------------------------------------------------------------------------------

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-do]");
  if (button?.dataset.do === "zoom") zoom();
  if (button?.dataset.do === "help") help.showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const field = event.target.closest("input, textarea, select");
  if (field && !["radio", "checkbox"].includes(field.type)) return;
  const { key } = event;
  if (key.toLowerCase() === "z") zoom();
  else if (key === "?") help.showModal();
  else if (key.startsWith("Arrow") && !field) arrow(event, key);
  else return;
  event.preventDefault();
});

function arrow(event, key) {
  const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  if (region.zoom > 1) {
    const step = 0.2 / region.zoom;
    place(region.zoom, region.x + across * step, region.y + down * step);
  } else if (across) {
    turn(across);
  } else {
    scrollable(event.target).scrollBy(0, down * 60);
  }
}

// Up and down scroll as ever.
function scrollable(element) {
  for (let each = element; each && each !== document.body; each = each.parentElement) {
    if (each.scrollHeight > each.clientHeight && getComputedStyle(each).overflowY === "auto") return each;
  }
  return main.scrollHeight > main.clientHeight ? main : document.scrollingElement;
}
