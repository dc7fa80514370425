// Wires the page together.

const $ = (id) => document.getElementById(id);

function themeColours(theme) {
  document.documentElement.dataset.theme = theme;
  const style = getComputedStyle(document.documentElement);
  const names = ["ground", "ink", "edge", "ghost", "plan", "bad", "focus", "bar", "line", "font"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function fillHeader(trace) {
  const { header, outcome } = trace;
  const said = { solved: "solved", unsolvable: "no plan exists", exhausted: "gave up: exhausted", limit: `stopped: ${outcome?.reason || "limit"}` };
  $("task").textContent = header.task || header.rulebase || "search";
  $("task").title = header.goal ? `goal: ${header.goal}` : "";
  $("status").textContent = outcome ? said[outcome.status] || outcome.status : "unfinished";
  $("status").classList.add(outcome ? outcome.status : "limit");
  const total = trace.plan.reduce((sum, step) => sum + step.cost, 0);
  $("figures").append(...pairs([
    ["plan", trace.plan.length ? count(trace.plan.length, "step") : ""],
    ["cost", trace.plan.length ? `${trace.cost(total)}${outcome?.optimal ? " (optimal)" : ""}` : ""],
    ["expanded", number(outcome ? outcome.expanded : trace.eventCount)],
    ["nodes", number(trace.nodeCount)],
    ["model calls", outcome?.model_calls ? number(outcome.model_calls) : ""],
    ["search", header.search],
    ["seed", String(header.seed)],
  ]));
  $("plan-size").textContent = trace.plan.length ? `· ${count(trace.plan.length, "step")}` : "";
}

function fillLegend(legend, onlyHollow) {
  const chip = (text, colour) => {
    const dot = make("i");
    dot.style.background = colour;
    return make("span", {}, dot, text);
  };
  if (legend.chips) { $("legend").replaceChildren(...legend.chips.map(([name, colour]) => chip(name, colour))); return; }
  const bar = make("i", { class: "ramp" });
  bar.style.background = `linear-gradient(90deg, ${legend.ramp.join(",")})`;
  $("legend").replaceChildren(make("span", {}, legend.from, bar, legend.to));
}

function matching(trace, query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const has = (texts) => texts.some((text) => text.toLowerCase().includes(wanted));
  const steps = trace.steps.map(([, text, words]) => has([text, words]));
  const atoms = trace.atoms.map(has);
  const found = [];
  for (let v = 0; v < trace.nodeCount && found.length < 5000; v += 1) {
    if (String(trace.column.number[v]) === wanted || (trace.column.step[v] >= 0 && steps[trace.column.step[v]])) found.push(v);
    else if (trace.column.order[v] >= 0 && trace.column.parent[v] >= 0 && trace.change(v).added.some((atom) => atoms[atom])) found.push(v);
  }
  // The plan's steps come first.
  return found.sort((a, b) => trace.onPlan[b] - trace.onPlan[a] || a - b);
}

async function main() {
  const started = performance.now();
  const trace = await loadTrace($("data").textContent);
  $("data").remove();
  let theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let hits = [], hit = -1, playing = 0;

  const tip = (v, x, y) => {
    $("tip").hidden = v < 0;
    if (v < 0) return;
    const { value, order } = trace.column;
    const figures = [
      order[v] >= 0 ? `expansion ${number(order[v] + 1)}` : "never expanded",
      `cost ${trace.cost(trace.column.cost[v])}`,
      Number.isNaN(value[v]) ? "" : `estimate ${number(value[v])}`,
      Number.isNaN(trace.prior[v]) ? "" : `prior ${percent(trace.prior[v])}`,
    ];
    $("tip").replaceChildren(sentence(trace.stepWords(trace.column.step[v])), make("small", {}, figures.filter(Boolean).join(" · ")));
    $("tip").style.left = `${Math.min(x + 14, Math.max(0, view.width - 330))}px`;
    $("tip").style.top = `${Math.min(y + 16, view.height - 70)}px`;
  };
  const view = new TreeView(trace, $("tree"), (v) => select(v), tip);

  const select = (v, reveal = false) => {
    if (v < 0) return;
    view.selected = v;
    if (!view.shows(v)) {
      if (!view.keep[v]) { $("frontier").checked = true; arrange(); }
      setMoment(Math.max(view.moment, trace.column.made[v]));
    }
    showNode($("details"), trace, v, (child) => select(child, true));
    markLane($("plan"), trace.planIndex.has(v) ? trace.planIndex.get(v) : -1);
    if (reveal) view.reveal(v);
    view.draw();
    history.replaceState(null, "", `#node=${trace.column.number[v]}`);
  };
  const selectStep = (i) => {
    if (i < 0 || i >= trace.plan.length) return;
    if (trace.plan[i].node >= 0) select(trace.plan[i].node, true);
    else { showPlanStep($("details"), trace, i); markLane($("plan"), i); }
    current = i;
  };
  let current = -1;

  const paint = () => {
    view.theme = themeColours(theme);
    view.colours = colourNodes(trace, $("colour").value, theme);
    fillLegend(view.colours.legend);
    drawChart($("chart"), trace, view.moment, view.theme);
    view.draw();
  };
  const arrange = () => { view.arrange($("frontier").checked); view.fit(); };
  const setMoment = (moment) => {
    moment = clamp(moment, 0, trace.eventCount);
    view.setMoment(moment);
    $("slider").value = moment;
    const bold = make("b", {}, number(moment));
    $("moment").replaceChildren(moment ? "at expansion " : "before expansion ", moment ? bold : "1", ` of ${number(trace.eventCount)}`);
    drawChart($("chart"), trace, moment, view.theme);
  };
  const play = () => {
    if (playing) { cancelAnimationFrame(playing); playing = 0; $("play").textContent = "▶"; return; }
    const from = view.moment >= trace.eventCount ? 0 : view.moment, begun = performance.now();
    const duration = clamp(trace.eventCount * 120, 1500, 12000) * (1 - from / Math.max(1, trace.eventCount));
    $("play").textContent = "❚❚";
    const frame = () => {
      const part = duration ? Math.min(1, (performance.now() - begun) / duration) : 1;
      setMoment(Math.round(from + part * (trace.eventCount - from)));
      if (part < 1) playing = requestAnimationFrame(frame);
      else { playing = 0; $("play").textContent = "▶"; }
    };
    playing = requestAnimationFrame(frame);
  };
  const toggleTable = () => {
    const shown = $("table").hidden;
    $("table").hidden = !shown;
    $("show-table").setAttribute("aria-pressed", String(shown));
    if (shown) $("table").replaceChildren(planTable(trace));
  };
  const switchTheme = () => { theme = theme === "dark" ? "light" : "dark"; paint(); };
  const find = () => {
    hits = matching(trace, $("find").value);
    hit = -1;
    view.hits = new Set(hits.slice(0, 2000));
    $("found").textContent = $("find").value.trim() ? number(hits.length) : "";
    view.draw();
  };
  const nextHit = (by) => {
    if (!hits.length) return;
    hit = (hit + by + hits.length) % hits.length;
    select(hits[hit], true);
    $("found").textContent = `${hit + 1} / ${number(hits.length)}`;
  };
  const walk = (key) => {
    const { layout, selected } = view, { parent } = trace.column;
    if (selected < 0) { select(0, true); return; }
    let to = { ArrowLeft: parent[selected], ArrowUp: layout.previous[selected], ArrowDown: layout.next[selected] }[key] ?? -1;
    if (key === "ArrowRight") {
      for (let v = layout.firstChild[selected]; v >= 0; v = layout.next[v]) if (to < 0 || (trace.onPlan[v] && !trace.onPlan[to])) to = v;
    }
    select(to, true);
  };
  const planStep = (by) => {
    const at = trace.planIndex.get(view.selected);
    selectStep(at === undefined ? (current >= 0 ? current + by : by > 0 ? 0 : -1) : at + by);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const field = event.target.closest("input, select");
    if (event.key === "Escape" && field) { field.blur(); return; }
    if (field && (field.type !== "checkbox")) return;
    const pressed = event.target.closest("button, summary") && [" ", "Enter"].includes(event.key);
    const keys = {
      "+": () => view.zoomHere(1.4), "=": () => view.zoomHere(1.4), "-": () => view.zoomHere(1 / 1.4), 0: () => view.fit(),
      "[": () => planStep(-1), "]": () => planStep(1), ",": () => setMoment(view.moment - 1), ".": () => setMoment(view.moment + 1),
      "/": () => $("find").focus(), " ": play, t: toggleTable, T: toggleTable, d: switchTheme, D: switchTheme, "?": () => $("keys").showModal(),
      ArrowLeft: () => walk("ArrowLeft"), ArrowRight: () => walk("ArrowRight"), ArrowUp: () => walk("ArrowUp"), ArrowDown: () => walk("ArrowDown"),
    };
    if (pressed || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  $("find").addEventListener("input", find);
  $("find").addEventListener("keydown", (event) => { if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1); });
  $("show-table").addEventListener("click", toggleTable);
  $("theme").addEventListener("click", switchTheme);
  $("help").addEventListener("click", () => $("keys").showModal());
  $("colour").addEventListener("change", paint);
  $("frontier").addEventListener("change", () => { arrange(); paint(); });
  $("zoom-in").addEventListener("click", () => view.zoomHere(1.4));
  $("zoom-out").addEventListener("click", () => view.zoomHere(1 / 1.4));
  $("fit").addEventListener("click", () => view.fit());
  $("play").addEventListener("click", play);
  $("slider").addEventListener("input", () => setMoment(Number($("slider").value)));
  window.addEventListener("resize", () => { view.resize(); drawChart($("chart"), trace, view.moment, view.theme); });
  window.addEventListener("beforeprint", () => {
    const parts = [planTable(trace)];
    if (trace.nodeCount) parts.unshift(make("img", { src: $("tree").toDataURL("image/png"), alt: "search tree" }));
    $("print").replaceChildren(...parts);
  });

  fillHeader(trace);
  fillLane(trace, $("plan"), selectStep);
  for (const option of [...$("colour").options]) {
    const useless = { prior: !trace.prior.some((x) => x > 0), remark: trace.remarks.length < 2 }[option.value];
    if (useless) option.remove();
  }
  $("slider").max = trace.eventCount;
  $("frontier").checked = trace.nodeCount <= 3000;
  $("empty").hidden = trace.nodeCount > 0;
  if (!varies(trace.column.value)) {
    $("colour").value = varies(trace.prior) ? "prior" : "order";
  }
  view.theme = themeColours(theme);
  view.colours = colourNodes(trace, $("colour").value, theme);
  view.arrange($("frontier").checked);
  view.resize();
  setMoment(trace.eventCount);
  paint();
  overview(trace, $("details"));
  const wanted = /^#node=(\d+)$/.exec(location.hash);
  if (wanted) select(trace.column.number.indexOf(Number(wanted[1])), true);
  document.documentElement.dataset.ready = Math.round(performance.now() - started);
}

// What the panel says before anything is chosen.
function overview(trace, panel) {
  const { header, outcome } = trace;
  panel.replaceChildren(
    make("h2", {}, trace.plan.length ? "How this plan was found" : "How the search went"),
    make("p", { class: "note" }, "Choose a step of the plan or a node of the tree to see what it changes, why it was possible, and what else could have been done."),
    make("dl", { class: "keys" }, ...pairs([
      ["expanded", number(outcome ? outcome.expanded : trace.eventCount)],
      ["generated", outcome?.generated ? number(outcome.generated) : ""],
      ["evaluated", outcome?.evaluated ? number(outcome.evaluated) : ""],
      ["bound", outcome?.bound ? number(outcome.bound) : ""],
    ])),
    make("h3", {}, "Goal"), make("p", {}, header.goal || "–"),
    ...(header.rulebase ? [make("h3", {}, "Rule base"), make("p", {}, header.rulebase)] : []),
    ...trace.notes.map((note) => make("p", { class: "warn" }, sentence(note))),
  );
}

main().catch((error) => {
  document.querySelector("main").replaceChildren(make("p", { class: "warn" }, `This page cannot show its data: ${error.message}`));
});
