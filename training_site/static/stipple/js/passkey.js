// Passkey ceremonies. allauth's own script (loaded before this one) does each; a form says by data-ceremony
// which one it is, and its data stands in the page as JSON. This adds what allauth leaves out: a sentence
// when it did not happen, and nothing offered that the browser cannot do.
const says = document.querySelector("[data-passkey-error]");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const stopped = ["NotAllowedError", "AbortError"].includes(event.detail.exception?.name);
  says.querySelector("p").textContent = stopped
    ? "The key was not used: the window was closed or the time ran out. Try again, or use another way."
    : "The key could not be used in this browser. Use another way.";
  says.hidden = false;
});

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-ceremony]")) {
    const ceremony = form.dataset.ceremony;
    const button = form.querySelector("button");
    window.allauth.webauthn.forms[`${ceremony}Form`]({
      ids: {
        [ceremony]: button.id,
        credential: form.querySelector("input[name=credential]").id,
        passwordless: form.querySelector("input[name=passwordless]")?.id,
        data: "passkey_data",
      },
    });
    // Enter in a field means the button; the form itself goes off only when the key has answered.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (button.type === "button") button.click();
    });
  }
} else {
  for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = true;
}
