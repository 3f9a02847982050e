// The live figures: the server says them ready to be read, here they are only put in their places.
const pulse = document.getElementById("pulse");
const says = document.getElementById("store-says");
const places = new Map([...document.querySelectorAll("[data-figure]")].map((each) => [each.dataset.figure, each]));
const stores = new Map([...document.querySelectorAll("[data-store]")].map((each) => [each.dataset.store, each]));
const [line, area, top] = ["[data-line]", "[data-area]", "[data-top]"].map((each) => document.querySelector(each));

function put(told) {
  for (const [name, value] of Object.entries(told.figures)) {
    const place = places.get(name);
    if (place && place.textContent !== value) place.textContent = value;
  }
  for (const [code, [warmth, text]] of Object.entries(told.stores)) {
    const store = stores.get(code);
    if (!store || store.title === text) continue;
    store.title = text;
    store.className = `h${warmth} changed`;
    setTimeout(() => store.classList.remove("changed"), 600);
  }
  if (line && told.line) {
    line.setAttribute("d", told.line);
    area.setAttribute("d", told.area);
    top.textContent = told.top;
  }
}

const stream = new EventSource(document.getElementById("live").dataset.stream);
stream.addEventListener("open", () => {
  pulse.textContent = pulse.dataset.on;
  pulse.classList.add("on");
});
stream.addEventListener("message", (event) => put(JSON.parse(event.data)));
stream.addEventListener("error", () => {
  pulse.textContent = pulse.dataset.off;
  pulse.classList.remove("on");
});
addEventListener("pagehide", () => stream.close());

// what a store took, without waiting for the tooltip
document.querySelector(".heat")?.addEventListener("pointerover", ({ target }) => {
  says.textContent = target.dataset?.store ? target.title : says.dataset.rest;
});
document.querySelector(".heat")?.addEventListener("pointerleave", () => {
  says.textContent = says.dataset.rest;
});
