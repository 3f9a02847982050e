// How far a simulation is, once a second; when it has ended, the page is asked for anew, with what came of it.
const counting = document.getElementById("counting");
const bar = counting.querySelector("progress");
const how = document.getElementById("how");

async function look() {
  try {
    const answer = await fetch(counting.dataset.progress, { headers: { accept: "application/json" } });
    if (!answer.ok) return location.reload();
    const told = await answer.json();
    bar.value = told.percent;
    how.textContent = told.how;
    if (told.ended) return location.reload();
  } catch {
    // the connection is lost: the next look may find it again
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
