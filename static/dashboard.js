// What a page does beyond links and forms. Everything works without it; what would not, is hidden then (needs-script).
"use strict";

const SHOWN_AS_COPIED_MS = 1500;
const LIVE_MS = 3000;

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    copyText(copy);
  }
  if (event.target.closest("[data-reload]")) {
    location.reload();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeMenus();
  }
  if (event.key === "/" && !isTyping(event)) {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// On a telephone the navigation is a strip that may be wider than the screen.
document.querySelector(".sidebar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A second press of a button while the first is on its way sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// The browser may show a page again as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// A live list asks for what is newer, as long as somebody can see it.
setInterval(() => {
  if (document.visibilityState === "visible") {
    for (const list of document.querySelectorAll("[data-live]")) {
      list.dispatchEvent(new CustomEvent("live"));
    }
  }
}, LIVE_MS);

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => showFailure(true));
}
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) {
    showFailure(false);
  }
});

async function copyText(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    copyBySelection(button.dataset.copy);
  }
  button.classList.add("is-copied");
  say("Copied");
  setTimeout(() => button.classList.remove("is-copied"), SHOWN_AS_COPIED_MS);
}

// Browsers have no clipboard for pages that did not come by HTTPS.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  document.execCommand("copy");
  area.remove();
  before?.focus();
}

// For screen readers.
function say(text) {
  let speaker = document.getElementById("speaker");
  if (!speaker) {
    speaker = document.createElement("p");
    speaker.id = "speaker";
    speaker.className = "visually-hidden";
    speaker.setAttribute("role", "status");
    (document.querySelector("main") ?? document.body).append(speaker);
  }
  speaker.textContent = "";
  setTimeout(() => { speaker.textContent = text; }, 50);
}

function closeMenus() {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) {
      menu.querySelector("summary").focus();
    }
  }
}

function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");
}

function showFailure(isFailing) {
  const failure = document.getElementById("failure");
  if (failure) {
    failure.hidden = !isFailing;
  }
}
