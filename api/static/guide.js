// A button to copy each piece of code, where the browser lets a page write to the clipboard.
"use strict";

if (navigator.clipboard) {
  const { copy, copied } = document.body.dataset;
  for (const code of document.querySelectorAll(".code > pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = copy;
    button.setAttribute("aria-describedby", code.id);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(`${code.textContent}\n`);
      button.textContent = copied;
      setTimeout(() => (button.textContent = copy), 2000);
    });
    code.before(button);
  }
}
