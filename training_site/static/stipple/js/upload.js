// A photo slot sends its file as soon as it is chosen and shows how far it has come. The server answers with
// the slot drawn anew (its view tells by the HX-Request header), which takes the place of this one. Without
// this module the slot is a plain form with a button.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-upload]");
  if (form && event.target.type === "file" && event.target.files.length) send(form, event.target.files[0]);
});

function send(form, file) {
  const slot = form.closest(".slot");
  const answer = new XMLHttpRequest();
  const body = new FormData(form);
  const progress = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  progress.setAttribute("aria-label", `Uploading ${form.dataset.upload}`);
  const said = document.createElement("span");
  const dots = document.createElement("div");
  dots.className = "dots";
  dots.append(progress, said);
  const status = document.createElement("span");
  status.className = "mark wait";
  status.setAttribute("role", "status");
  status.textContent = "Uploading";
  slot.className = "slot uploading";
  form.hidden = true;
  slot.append(dots, status);

  answer.upload.addEventListener("progress", ({ loaded, total }) => {
    progress.value = Math.round((100 * loaded) / total);
    said.textContent = `${progress.value} %, ${megabytes(loaded)} of ${megabytes(total)} MB`;
    if (loaded === total) status.textContent = "Checking the photo";
  });
  answer.addEventListener("load", () => {
    const fresh = document.createRange().createContextualFragment(answer.responseText).querySelector(".slot");
    if (fresh) {
      slot.replaceWith(fresh);
      fresh.querySelector("input[type=file], a")?.focus();
    } else {
      failed(`The photo was not kept: the server could not take it. Choose ${file.name} again in a minute.`);
    }
  });
  answer.addEventListener("error", () => {
    failed(`The connection broke at ${progress.value} %. Your other photos are safe. Choose ${file.name} again.`);
  });
  answer.open("POST", form.action);
  answer.setRequestHeader("HX-Request", "true");
  answer.send(body);

  function failed(sentence) {
    dots.remove();
    form.hidden = false;
    form.reset();
    slot.className = "slot refused";
    status.className = "error";
    status.setAttribute("role", "alert");
    status.textContent = sentence;
    slot.append(status);
  }
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
