// A button beside each password that shows what was typed: nobody types it twice here.
for (const input of document.querySelectorAll("input[type=password]")) {
  const row = document.createElement("div");
  row.className = "revealed";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet";
  button.setAttribute("aria-controls", input.id);
  input.replaceWith(row);
  row.append(input, button);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A password must not be kept by the browser as ordinary text.
  input.form?.addEventListener("submit", () => show(false));
  show(false);
}
