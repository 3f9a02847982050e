// Finding and trying operations. The page reads well without it.

const operations = [...document.querySelectorAll(".operation")];
const wanted = document.getElementById("wanted");
const token = document.getElementById("token");

function find() {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of operations) each.hidden = !words.every((word) => each.dataset.text.includes(word));
  for (const part of document.querySelectorAll(".part")) part.hidden = !part.querySelector(".operation:not([hidden])");
  document.getElementById("nothing").hidden = operations.some((each) => !each.hidden);
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details")) target.open = true;
}

function request(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value) {
      const values = "many" in input.dataset ? input.value.split(",") : [input.value];
      for (const value of values) query.append(input.name, value.trim());
    }
  }
  const headers = {};
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  if (form.dataset.method !== "GET") headers["Idempotency-Key"] = crypto.getRandomValues(new Uint8Array(16)).join("-");
  const body = form.elements.body?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return [path + (query.size ? `?${query}` : ""), { method: form.dataset.method, headers, body }];
}

async function send(form) {
  const output = form.querySelector(".answer");
  const [address, options] = request(form);
  const began = performance.now();
  try {
    const response = await fetch(address, options);
    const text = await response.text();
    const took = Math.round(performance.now() - began);
    show(output, response.ok, `${response.status} in ${took} ms · ${options.method} ${address}`, pretty(text));
  } catch (error) {
    show(output, false, "No answer", String(error));
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show(output, fine, head, text) {
  const line = document.createElement("p");
  line.className = fine ? "notice good" : "notice bad";
  line.textContent = head;
  const body = document.createElement("pre");
  body.tabIndex = 0;
  body.textContent = text;
  output.replaceChildren(line, ...(text ? [body] : []));
}

wanted.addEventListener("input", find);
token.value = sessionStorage.getItem("rynek-token") ?? "";
token.addEventListener("input", () => sessionStorage.setItem("rynek-token", token.value));
for (const id of ["search", "token-field"]) document.getElementById(id).hidden = false;
for (const form of document.querySelectorAll(".try")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
addEventListener("hashchange", open);
open();
