// How far an import or export has come, without asking for the page; at its end the page is asked for once more.
const going = document.getElementById("going");
const [bar, done, pace, left] = ["bar", "done", "pace", "left"].map((id) => document.getElementById(id));
const format = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });

async function look() {
  const answer = await fetch(going.dataset.run, { headers: { accept: "application/json" } });
  if (!answer.ok) return true;
  const run = await answer.json();
  if (run.state !== "waiting" && run.state !== "running") {
    location.reload();
    return false;
  }
  if (run.total) {
    bar.max = run.total;
    bar.value = Math.min(run.done, run.total);
  }
  done.textContent = format.format(run.done);
  pace.textContent = format.format(run.per_s);
  if (left && run.seconds_left !== null) left.textContent = format.format(run.seconds_left);
  return true;
}

async function keep() {
  try {
    if (!(await look())) return;
  } catch {
    // the server is away for a moment
  }
  setTimeout(keep, 700);
}
keep();
