// Passkeys: asks the browser for one and sends what it says as a form. Without this file a code does the same.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const problem = form.querySelector("[data-problem]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.passkey_answer.value) return;
    event.preventDefault();
    problem.hidden = true;
    try {
      const asked = JSON.parse(form.dataset.passkey);
      const credential = form.dataset.make
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      form.elements.passkey_answer.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      // Cancelled, none there, or a browser that knows no passkeys.
      problem.hidden = false;
    }
  });
  form.hidden = false;
}
