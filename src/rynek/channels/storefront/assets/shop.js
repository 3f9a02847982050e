// Conveniences: putting things in the cart without leaving the page. Everything works without this.
const says = document.getElementById("says");
const pieces = document.querySelector("[data-pieces]");
let hiding;

function say(text, link) {
  says.replaceChildren(text);
  if (link) {
    const a = document.createElement("a");
    a.href = link;
    a.textContent = says.dataset.cart;
    says.append(" ", a);
  }
  says.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (says.hidden = true), 6000);
}

for (const form of document.querySelectorAll("form[data-add]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.ok) {
        pieces.textContent = told.pieces;
        say(says.dataset.added, document.querySelector(".basket").href);
      } else {
        say(told.detail ?? told.title);
      }
    } catch {
      form.submit();
    } finally {
      button.disabled = false;
    }
  });
}

for (const input of document.querySelectorAll("[data-auto]")) {
  input.form.querySelector("button").hidden = true;
  input.addEventListener("change", () => input.form.requestSubmit());
}

const recount = document.querySelector(".recount");
if (recount) {
  recount.hidden = true;
  for (const choice of document.querySelectorAll("[data-recount]")) {
    choice.addEventListener("change", () => choice.form.requestSubmit(recount));
  }
}

// on a narrow screen the categories begin folded
const menu = document.querySelector(".unfold");
if (menu && matchMedia("(max-width: 52rem)").matches) menu.open = false;
