// The page: a table of the kernel's tasks that follows /events. It asks for nothing but what this server has, and puts all
// text in as text.

export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>yieldix: tasks</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header>
<h1>yieldix</h1>
<p><output id="count">no tasks yet</output></p>
<p id="link" role="status" data-state="opening">connecting …</p>
<label>filter <input id="filter" type="search" placeholder="name or wait" autocomplete="off" spellcheck="false"></label>
</header>
<main>
<table>
<thead><tr><th scope="col">tid</th><th scope="col">name</th><th scope="col">state</th><th scope="col">waits on</th><th scope="col">since</th></tr></thead>
<tbody id="tasks"></tbody>
</table>
<noscript>This page needs its script. The same as JSON: <a href="/tasks">/tasks</a></noscript>
</main>
</body>
</html>
`;

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#17692f"/><path d="M4 5h8M4 8h6M4 11h4" stroke="#fff" stroke-width="1.5" stroke-linecap="round"/></svg>
`;

export const style = `:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfbf9, #16181b);
  --panel: light-dark(#ffffff, #1d2024);
  --ink: light-dark(#1c1e21, #e6e6e3);
  --faint: light-dark(#63686f, #9aa0a8);
  --line: light-dark(#e2e2dd, #2e3238);
  --fresh: light-dark(#e3f1e5, #1f3626);
  --blocked: light-dark(#41566f, #9db4d0);
  --busy: light-dark(#17692f, #7fd196);
  --stopped: light-dark(#8c4500, #e8a85f);
  --lost: light-dark(#a8201a, #ff8f87);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem; padding: .75rem 1.25rem; background: var(--panel); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.15rem; letter-spacing: .01em; }
header p { margin: 0; color: var(--faint); font-variant-numeric: tabular-nums; }
#link::before { content: "●"; margin-right: .4em; }
#link[data-state="live"]::before { color: var(--busy); }
#link[data-state="lost"] { color: var(--lost); }
label { margin-left: auto; color: var(--faint); }
input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: .15rem .5rem; width: 14rem; }
main { padding: 1rem 1.25rem 3rem; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
th, td { text-align: left; padding: .35rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 500; font-size: .85rem; }
tbody tr:last-child td { border-bottom: 0; }
td:nth-child(3) { white-space: nowrap; }
td:nth-child(1), td:nth-child(5), th:nth-child(1), th:nth-child(5) { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td:nth-child(2), td:nth-child(4) { overflow-wrap: anywhere; font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9rem; }
td:nth-child(2) { font-weight: 600; min-width: 14em; }
td:nth-child(5) { color: var(--faint); }
tr[data-state="blocked"] td:nth-child(3) { color: var(--blocked); }
tr[data-state="ready"] td:nth-child(3), tr[data-state="running"] td:nth-child(3) { color: var(--busy); }
tr[data-state="stopped"] td:nth-child(3) { color: var(--stopped); }
@media (max-width: 40rem) {
  input { width: 10rem; }
  main { padding: 0 0 3rem; }
  table, tbody { display: block; border-width: 0; }
  thead { display: none; }
  tbody tr { display: grid; grid-template-columns: 3.5rem 1fr auto 5rem; padding: .35rem 0; border-bottom: 1px solid var(--line); }
  tbody tr[hidden] { display: none; }
  td { padding: 0 .5rem; border: 0; }
  td:nth-child(2) { min-width: 0; }
  td:nth-child(4) { grid-area: 2 / 2 / 3 / 5; }
}
@media (prefers-reduced-motion: no-preference) {
  tbody tr { animation: arrive 2s ease-out; }
  @keyframes arrive { from { background: var(--fresh); } }
}
`;

export const script = `"use strict";
const rows = new Map();
const body = document.getElementById("tasks");
const count = document.getElementById("count");
const link = document.getElementById("link");
const filter = document.getElementById("filter");
let latest = { total: 0, tasks: [] };

function since(ms) {
  if (ms < 1000) return ms + " ms";
  if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
  if (ms < 3600000) return Math.floor(ms / 60000) + " min";
  return Math.floor(ms / 3600000) + " h";
}

function rowOf(tid) {
  let row = rows.get(tid);
  if (row === undefined) {
    row = document.createElement("tr");
    for (let i = 0; i < 5; i++) row.append(document.createElement("td"));
    rows.set(tid, row);
    body.append(row); // tids rise, and so they are in order
  }
  return row;
}

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

function show() {
  const wanted = filter.value.toLowerCase();
  const seen = new Set();
  let shown = 0;
  for (const task of latest.tasks) {
    seen.add(task.tid);
    const row = rowOf(task.tid);
    row.dataset.state = task.state;
    row.hidden = !(task.name + "\\n" + task.waits).toLowerCase().includes(wanted);
    if (!row.hidden) shown++;
    [String(task.tid), task.name, task.state, task.waits, since(task.forMs)].forEach((text, i) => put(row.cells[i], text));
  }
  for (const [tid, row] of rows) {
    if (seen.has(tid)) continue;
    rows.delete(tid);
    row.remove();
  }
  const left = latest.total - latest.tasks.length;
  put(count, (wanted === "" ? "" : shown + " of ") + latest.total + (latest.total === 1 ? " task" : " tasks") + (left > 0 ? ", " + left + " not shown" : ""));
}

function say(state, text) {
  link.dataset.state = state;
  put(link, text);
}

const events = new EventSource("/events");
events.onopen = () => say("live", "live");
events.onerror = () => say("lost", "the server is away, trying again …");
events.onmessage = (event) => {
  latest = JSON.parse(event.data);
  show();
};
filter.addEventListener("input", show);
`;
