// Marks are saved part by part as they are written: a criterion, an event, the notes, the note to the candidate.
// The server is the judge of what may stand; what it has not taken yet is kept on the page and said to be unsaved.
const form = document.getElementById("marks");
const saved = document.querySelector("[data-saved]");
const problem = form.querySelector("[data-problem]");
const remedies = problem.querySelector("[data-remedies]");
const seen = JSON.parse(form.elements.seen.value || "{}");
const PAUSE = 800;

const waiting = new Set(); // Parts that were written and not kept yet.
const held = new Set(); // Parts that the server refused: sent again when they change.
let pause;
let sending = false;
let leaving = false;
let retries = 0;

form.addEventListener("input", (event) => note(event, PAUSE));
form.addEventListener("change", (event) => note(event, 0));
addEventListener("online", send);
addEventListener("beforeunload", (event) => {
  if ((waiting.size || held.size) && !leaving) event.preventDefault();
});

// The form itself carries every part, so leaving by it loses nothing. It waits for what is on its way.
form.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  const by = event.submitter;
  if (!(await flushed())) return;
  leaving = true;
  // A form does not submit again while it still announces that it will.
  setTimeout(() => form.requestSubmit(by));
});

function note(event, after) {
  const part = event.target.closest("[data-part]")?.dataset.part;
  if (!part) return;
  waiting.add(part);
  held.delete(part);
  say("Saving");
  clearTimeout(pause);
  pause = setTimeout(send, after);
}

async function flushed() {
  clearTimeout(pause);
  for (let tries = 0; waiting.size && tries < 4; tries += 1) {
    if (sending) await new Promise((done) => setTimeout(done, 300));
    else await send();
  }
  if (!waiting.size && !held.size) return true;
  if (!held.size) trouble("Not everything is saved yet, so nothing was handed in. Check the connection, then try again.");
  return false;
}

async function send({ anyway = false } = {}) {
  if (sending || leaving || !waiting.size) return;
  clearTimeout(pause);
  sending = true;
  const parts = [...waiting];
  waiting.clear();
  let answer;
  try {
    answer = await fetch(form.dataset.save, { method: "POST", body: bodyOf(parts), redirect: "manual", keepalive: true });
  } catch {
    answer = null; // No connection.
  }
  sending = false;
  if (answer?.status === 200) return kept(await answer.json());
  if (answer?.status === 409) return refused(parts, await answer.json());
  for (const part of parts) waiting.add(part);
  if (answer?.type === "opaqueredirect" || answer?.status === 403 || answer?.status === 404) {
    say("Not saved", true);
    trouble("Not saved: you are signed out, or the case was taken back. Sign in again in another window, then save again.", [
      ["Save again", send],
    ]);
    return;
  }
  retries += 1;
  say("Not saved, trying again", true);
  pause = setTimeout(send, 1000 * Math.min(2 ** retries, 15));
}

function bodyOf(parts) {
  const body = new URLSearchParams({
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
    version: form.elements.version.value,
    seen: JSON.stringify(seen),
  });
  for (const part of parts) {
    for (const input of partOf(part).querySelectorAll("input, textarea, select")) {
      if (input.name && (input.type !== "radio" || input.checked) && (input.type !== "checkbox" || input.checked)) body.append(input.name, input.value);
    }
  }
  return body;
}

function partOf(part) {
  return form.querySelector(`[data-part="${part}"]`);
}

function kept({ version, parts, elsewhere }) {
  retries = 0;
  learn(version, parts);
  if (waiting.size) {
    send();
    return;
  }
  if (!held.size) {
    say(`Saved ${new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`);
    trouble(elsewhere ? "These marks were changed in another window, too. Both are kept: load the page again to see the other." : "", elsewhere ? [["Load the page again", reload]] : []);
  }
}

function refused(parts, { sentence, clash, version, parts: there }) {
  for (const part of parts) held.add(part);
  say("Not saved", true);
  if (!clash) {
    trouble(sentence);
    return;
  }
  trouble(sentence, [
    [
      "Keep what stands here",
      () => {
        learn(version, there);
        for (const part of parts) waiting.add(part);
        held.clear();
        send();
      },
    ],
    ["Load the page again", reload],
  ]);
}

// What the server holds of these parts now: the next save is compared with it.
function learn(version, parts) {
  form.elements.version.value = version;
  for (const [part, value] of Object.entries(parts)) {
    if (part === "notes" || part === "feedback") seen[part] = value;
    else (seen[partOf(part).classList.contains("criterion") ? "levels" : "events"] ??= {})[part] = value;
  }
  form.elements.seen.value = JSON.stringify(seen);
}

function reload() {
  leaving = true;
  location.reload();
}

function say(words, not = false) {
  saved.textContent = words;
  saved.classList.toggle("not", not);
}

function trouble(sentence, ways = []) {
  problem.hidden = !sentence;
  problem.querySelector("[data-sentence]").textContent = sentence;
  remedies.replaceChildren(
    ...ways.map(([words, does]) => {
      const way = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet", textContent: words });
      way.addEventListener("click", () => does());
      return way;
    }),
  );
}
