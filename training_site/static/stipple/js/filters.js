// Filters are open without script; with it they start closed on a narrow screen.
const filters = document.querySelector("details.filters");
if (filters) {
  if (matchMedia("(max-width: 60rem)").matches) filters.open = false;
  filters.classList.add("ready");
}
