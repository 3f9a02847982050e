// Several files at once, dropped or chosen, each sent by itself. Without scripts the form sends one.
const form = document.querySelector("form[data-drop]");
const chooser = form?.querySelector("input[type=file]");

async function send(files) {
  form.setAttribute("aria-busy", "true");
  const failed = [];
  for (const file of files) {
    const answer = await fetch("/media/pictures", {
      method: "POST",
      headers: {
        "content-type": file.type || "application/octet-stream",
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      },
      body: file,
    }).catch(() => null);
    if (!answer?.ok) {
      const problem = await answer?.json().catch(() => null);
      failed.push(`${file.name}: ${problem?.detail ?? form.querySelector("[data-failed]").dataset.failed}`);
    }
  }
  if (failed.length === 0) location.assign("/console/pictures");
  const told = form.querySelector("[data-failed]");
  told.textContent = failed.join("; ");
  told.hidden = failed.length === 0;
  form.removeAttribute("aria-busy");
}

if (form) {
  chooser.multiple = true;
  form.querySelector(".hint").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send([...chooser.files]);
  });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    send([...event.dataTransfer.files]);
  });
}
