// A place for photographs sends its files as soon as they are chosen, one request for each, and shows how far
// each has come. The server answers with the place drawn anew (its view tells by the HX-Request header), which
// takes the place of this one. Without this module the place is a plain form with a button.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-upload]");
  const input = form?.querySelector("input[type=file]");
  if (!input?.files.length) return;
  // A day that is still to be filled in is asked for, and sends the files once it is there.
  if (event.target === input ? form.reportValidity() : form.checkValidity()) sendAll(form, input);
});

async function sendAll(form, input) {
  const body = new FormData(form);
  const files = [...input.files];
  const refusals = [];
  let place = form.closest(".slot, .tray");
  for (const [count, file] of files.entries()) {
    body.set(input.name, file, file.name);
    const watch = watching(place, form.dataset.upload, files.length > 1 ? ` ${count + 1} of ${files.length}` : "");
    const answer = await send(form.action, body, watch);
    const fresh = answer.text && document.createRange().createContextualFragment(answer.text);
    const drawn = fresh && fresh.querySelector(".slot, .tray");
    if (!drawn) {
      const rest = files.length - count - 1;
      const after = rest > 1 ? ` and the ${rest} after it` : rest ? " and the one after it" : "";
      const again = `Choose ${file.name}${after} again`;
      watch.failed(
        answer.broke === undefined
          ? `The photo was not kept: the server could not take it. ${again} in a minute.`
          : `The connection broke at ${answer.broke} %. Your other photos are safe. ${again}.`,
      );
      restore(place, refusals);
      return;
    }
    for (const part of fresh.querySelectorAll("[id]:not(.slot, .tray, .slot *, .tray *)")) {
      document.getElementById(part.id)?.replaceWith(part);
    }
    place.replaceWith(drawn);
    place = drawn;
    // What is wrong with the day is wrong for every file.
    if (drawn.querySelector(".field.wrong")) break;
    if (count < files.length - 1) refusals.push(...drawn.querySelectorAll(".refusals > li"));
  }
  restore(place, refusals);
  (place.querySelector("input[type=file]") ?? place.querySelector("a"))?.focus();
}

// Refusals of earlier files stay until the next choice, the earliest first.
function restore(place, refusals) {
  place.querySelector(".refusals")?.prepend(...refusals);
}

function watching(place, label, which) {
  const form = place.querySelector("form[data-upload]");
  const progress = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  progress.setAttribute("aria-label", `Uploading ${label}`);
  const said = document.createElement("span");
  const dots = document.createElement("div");
  dots.className = "dots";
  dots.append(progress, said);
  const status = document.createElement("span");
  status.className = "mark wait";
  status.setAttribute("role", "status");
  status.textContent = `Uploading${which}`;
  place.classList.remove("refused", "empty", "accepted");
  place.classList.add("uploading");
  if (form) form.hidden = true;
  place.append(dots, status);
  return {
    at: () => progress.value,
    moved(loaded, total) {
      progress.value = Math.round((100 * loaded) / total);
      said.textContent = `${progress.value} %, ${megabytes(loaded)} of ${megabytes(total)} MB`;
      if (loaded === total) status.textContent = `Checking the photo${which}`;
    },
    failed(sentence) {
      dots.remove();
      if (form) {
        form.hidden = false;
        form.querySelector("input[type=file]").value = "";
      }
      place.classList.replace("uploading", "refused");
      status.className = "error";
      status.setAttribute("role", "alert");
      status.textContent = sentence;
    },
  };
}

function send(address, body, watch) {
  return new Promise((done) => {
    const answer = new XMLHttpRequest();
    answer.upload.addEventListener("progress", ({ loaded, total }) => watch.moved(loaded, total));
    answer.addEventListener("load", () => done({ text: answer.responseText }));
    answer.addEventListener("error", () => done({ broke: watch.at() }));
    answer.open("POST", address);
    answer.setRequestHeader("HX-Request", "true");
    answer.send(body);
  });
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
