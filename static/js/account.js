// The two small things the account pages need a script for: look at the password one types, and print.
"use strict";

document.addEventListener("click", (event) => {
  const peek = event.target.closest("[data-peek]");
  if (peek) {
    const field = document.getElementById(peek.dataset.peek);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    peek.setAttribute("aria-pressed", String(shown));
    peek.textContent = shown ? "遮住" : "看密码";
    field.focus();
  }
});
