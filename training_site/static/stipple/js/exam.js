// An exam saves each answer as it is given and shows the time that is left. The server is the judge of both:
// it refuses what comes late, and hands the attempt in by itself. Without this module the page is a plain form.
const form = document.querySelector("form[data-answers]");
const [timeLeft, answered, saved, said] = ["timeLeft", "answered", "saved", "said"].map((name) =>
  form.querySelector(`[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`),
);
const token = form.elements.csrfmiddlewaretoken.value;
const endsAt = Date.now() + 1000 * Number(form.dataset.secondsLeft);
const SOON = 5 * 60;
const ANNOUNCED = [10 * 60, SOON, 60];

const waiting = new Set();
let sending = false;
let over = false;
let retries = 0;
let retry;

form.addEventListener("change", ({ target }) => {
  const question = target.closest("[data-position]");
  if (!question) return;
  waiting.add(question.dataset.position);
  count();
  send();
});

addEventListener("online", send);
addEventListener("beforeunload", (event) => {
  if (waiting.size && !over) event.preventDefault();
});
form.addEventListener("submit", () => {
  over = true; // The form itself carries every answer.
});

// One answer at a time, so that a slow line never lets an older answer overtake a newer one.
async function send() {
  if (sending || over || !waiting.size) return;
  clearTimeout(retry);
  sending = true;
  const [position] = waiting;
  const picked = picksOf(position);
  let answer;
  try {
    answer = await fetch(`${form.dataset.answers}${position}/`, {
      method: "POST",
      body: new URLSearchParams([["csrfmiddlewaretoken", token], ...picked.map((key) => ["picked", key])]),
      redirect: "manual",
      keepalive: true,
    });
  } catch {
    answer = null; // No connection.
  }
  sending = false;
  if (over) return;
  if (answer?.status === 204) {
    retries = 0;
    if (String(picksOf(position)) === String(picked)) waiting.delete(position);
    if (!waiting.size) say(`Saved ${new Date().toLocaleTimeString("en-GB")}`);
    send();
  } else if (answer?.status === 409) {
    waiting.delete(position);
    say(await answer.text(), { not: true, reload: true });
  } else if (answer?.type === "opaqueredirect" || answer?.status === 403) {
    say("Not saved: you are signed out. Sign in again, then give the answer once more.", { not: true, reload: true });
  } else {
    retries += 1;
    say("Not saved yet – trying again", { not: true });
    retry = setTimeout(send, 1000 * Math.min(2 ** retries, 15));
  }
}

function picksOf(position) {
  return [...form.querySelectorAll(`[name="q${position}"]:checked`)].map((input) => input.value);
}

function say(sentence, { not = false, reload = false } = {}) {
  saved.classList.toggle("not", not);
  saved.textContent = sentence;
  if (reload) {
    const link = Object.assign(document.createElement("a"), { href: location.pathname, textContent: "Load the page again" });
    saved.append(" ", link);
  }
}

function count() {
  const questions = [...form.querySelectorAll("[data-position]")];
  answered.textContent = questions.filter((question) => question.querySelector(":checked")).length;
}

const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const inWords = (seconds) =>
  `${seconds > 60 ? plural(Math.ceil(seconds / 60), "minute") : plural(seconds, "second")} left`;

function tick() {
  const seconds = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
  timeLeft.textContent = inWords(seconds);
  timeLeft.classList.toggle("short", seconds <= SOON);
  if (ANNOUNCED.includes(seconds)) said.textContent = inWords(seconds);
  if (seconds === 0) finish();
}

function finish() {
  clearInterval(clock);
  over = true;
  timeLeft.textContent = "Time is up";
  said.textContent = "Time is up. Your attempt is being handed in.";
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "all_the_same", value: "1" }));
  form.action = form.dataset.handIn;
  form.submit();
}

const clock = setInterval(tick, 1000);
tick();
