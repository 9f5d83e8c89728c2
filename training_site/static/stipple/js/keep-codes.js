// Recovery codes are shown once: leaving the page before they are saved asks first.
const saved = document.querySelector("[data-codes-saved]");
const warn = (event) => event.preventDefault();
addEventListener("beforeunload", warn);
saved.addEventListener("change", () => {
  if (saved.checked) removeEventListener("beforeunload", warn);
  else addEventListener("beforeunload", warn);
});
