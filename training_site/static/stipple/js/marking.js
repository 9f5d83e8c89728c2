// The rail shows one criterion at a time. Levels are given by click or by their number; J and K turn the page.
const form = document.getElementById("marks");
const criteria = [...form.querySelectorAll(".criterion")];
const links = [...form.querySelectorAll("[data-code]")];
const said = form.querySelector("[data-said]");
const standard = Number(form.dataset.standard);
const next = form.querySelector('[data-do="next"]');
const previous = form.querySelector('[data-do="previous"]');
let here = 0;

document.body.classList.add("live");
const asked = criteria.findIndex((section) => `#${section.id}` === location.hash);
const open = criteria.findIndex((section) => !levelOf(section));
turnTo(asked >= 0 ? asked : Math.max(open, 0));
document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
// The browser looks for the criterion of the address as if all of them were shown.
if (asked >= 0) addEventListener("load", () => setTimeout(() => (form.closest(".rail").scrollTop = 0)));
criteria.forEach(below);
form.querySelectorAll("[data-count]").forEach(count);

function levelOf(section) {
  return section.querySelector('[name$="-level"]:checked');
}

function turnTo(place, { focus = false } = {}) {
  here = Math.min(Math.max(place, 0), criteria.length - 1);
  criteria.forEach((section, each) => section.classList.toggle("current", each === here));
  links.forEach((link, each) => {
    if (each === here) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  });
  previous.disabled = here === 0;
  next.disabled = here === criteria.length - 1;
  if (focus) {
    criteria[here].focus({ preventScroll: true });
    form.closest(".rail").scrollTop = 0;
    said.textContent = criteria[here].querySelector("h2").textContent;
  }
}

// What a level below the standard asks, and which criteria are marked.
function below(section) {
  const level = levelOf(section);
  section.querySelector("[data-below]").toggleAttribute("data-low", Boolean(level) && Number(level.value) < standard);
  const link = links.find((each) => each.dataset.code === section.id);
  link.classList.toggle("done", Boolean(level));
  link.querySelector(".sr").textContent = `${section.querySelector("h2").textContent}, ${level ? "marked" : "not marked"}, `;
  form.querySelector("[data-marked]").textContent = criteria.filter(levelOf).length;
}

// How many characters a reason still lacks; spaces in a row count once.
function count(hint) {
  hint.dataset.asked ??= hint.textContent;
  const least = Number(/\d+/.exec(hint.dataset.asked)[0]);
  const given = document.getElementById(hint.dataset.count).value.trim().split(/\s+/).join(" ").length;
  hint.textContent = given && given < least ? `${least - given} more characters.` : hint.dataset.asked;
}

form.addEventListener("change", ({ target }) => {
  if (target.name?.endsWith("-level")) below(target.closest(".criterion"));
});
form.addEventListener("input", ({ target }) => {
  const hint = target.id && form.querySelector(`[data-count="${target.id}"]`);
  if (hint) count(hint);
});
for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    turnTo(links.indexOf(link), { focus: true });
  });
}
next.addEventListener("click", () => turnTo(here + 1, { focus: true }));
previous.addEventListener("click", () => turnTo(here - 1, { focus: true }));

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const field = event.target.closest("input, textarea, select");
  if (field && !["radio", "checkbox"].includes(field.type)) return;
  const key = event.key.toLowerCase();
  if (key === "j") turnTo(here + 1, { focus: true });
  else if (key === "k") turnTo(here - 1, { focus: true });
  else if (/^[0-9]$/.test(key) && give(key)) said.textContent = spoken();
  else return;
  event.preventDefault();
});

function give(number) {
  const level = criteria[here].querySelector(`[name$="-level"][value="${number}"]`);
  if (!level) return false;
  level.checked = true;
  level.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function spoken() {
  const level = levelOf(criteria[here]);
  return `${criteria[here].id}, level ${level.value}, ${level.closest("label").querySelector("b").textContent}`;
}
