// Before and after: two pictures become one with a divider. Without this module they stay two.
for (const box of document.querySelectorAll(".compare")) {
  const range = box.querySelector("input[type=range]");
  const frame = box.querySelector(".frame");
  const [before, after] = [...box.querySelectorAll(".tag")].map((tag) => tag.textContent);
  const knob = document.createElement("span");
  knob.className = "knob";
  frame.append(knob);
  box.classList.add("live");
  const move = () => {
    frame.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} % ${before}, ${100 - range.value} % ${after}`);
  };
  range.addEventListener("input", move);
  move();
}
