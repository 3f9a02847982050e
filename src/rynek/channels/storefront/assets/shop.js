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
  clearTimeout(hiding);
  hiding = setTimeout(() => says.replaceChildren(), 8000);
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

// what is narrowed by a tick is narrowed at once
for (const tick of document.querySelectorAll("[data-narrow]")) {
  tick.addEventListener("change", () => tick.form.requestSubmit());
}
for (const form of document.querySelectorAll(".narrow")) {
  form.addEventListener("submit", () => {
    for (const input of form.querySelectorAll("input:not([type=checkbox])")) input.disabled = input.value === "";
  });
}

// suggestions as one types: the arrows go through them, Enter follows one
const seek = document.querySelector("[data-suggest]");
if (seek) {
  const input = seek.querySelector("input");
  const list = seek.querySelector("ul");
  const where = {
    query: (each) => `${seek.dataset.home}/search?${new URLSearchParams({ q: each.value })}`,
    category: (each) => `${seek.dataset.home}?${new URLSearchParams({ category: each.value })}`,
    brand: (each) => `${seek.dataset.home}/search?${new URLSearchParams({ brand: each.value })}`,
    product: (each) => `${seek.dataset.home}/products/${encodeURIComponent(each.value)}`,
  };
  let asked = 0;
  let chosen = -1;
  let waiting;

  const choose = (at) => {
    const rows = list.children;
    chosen = rows.length ? (at + rows.length) % rows.length : -1;
    [...rows].forEach((row, n) => row.firstChild.setAttribute("aria-selected", String(n === chosen)));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", `suggestion-${chosen}`);
  };
  const hide = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const suggest = async () => {
    const mine = ++asked;
    if (input.value.trim().length < 2) return hide();
    try {
      const query = new URLSearchParams({ q: input.value, language: document.documentElement.lang });
      const answer = await fetch(`${seek.dataset.suggest}?${query}`);
      if (mine !== asked || !answer.ok) return;
      const rows = (await answer.json()).map((each, n) => {
        const row = document.createElement("li");
        const link = document.createElement("a");
        const kind = document.createElement("small");
        row.role = "presentation";
        link.role = "option";
        link.id = `suggestion-${n}`;
        link.tabIndex = -1;
        link.href = where[each.kind](each);
        link.append(each.text);
        kind.textContent = list.dataset[each.kind];
        link.append(kind);
        row.append(link);
        return row;
      });
      const held = list.children[chosen]?.firstChild.href;
      list.replaceChildren(...rows);
      list.hidden = rows.length === 0;
      input.setAttribute("aria-expanded", String(rows.length > 0));
      input.removeAttribute("aria-activedescendant");
      chosen = -1;
      // what is chosen stays so when more letters bring it again
      const again = rows.findIndex((row) => row.firstChild.href === held);
      if (again >= 0) choose(again);
    } catch {
      hide();
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 60);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      list.children[chosen].querySelector("a").click();
    } else if (event.key === "Escape") {
      hide();
    }
  });
  document.addEventListener("click", (event) => seek.contains(event.target) || hide());
}

// what only an exchange asks for is asked when it is chosen
const wished = document.querySelectorAll("[data-when]");
if (wished.length) {
  const match = () => {
    const chosen = document.querySelector("[data-wish]:checked")?.value;
    for (const each of wished) each.hidden = each.dataset.when !== chosen;
  };
  document.addEventListener("change", match);
  match();
}
