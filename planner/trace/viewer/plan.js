// The plan: the lane, the table, and what is printed.

function fillLane(trace, list, onStep) {
  const uniform = trace.plan.every((step) => step.cost === trace.plan[0].cost);
  const rows = trace.plan.map((step, i) => {
    const button = make(
      "button", { type: "button" },
      make("span", { class: "count" }, String(i + 1)),
      make("span", {}, sentence(step.words || step.text)),
      uniform ? null : make("span", { class: "cost" }, trace.cost(step.cost)),
    );
    button.addEventListener("click", () => onStep(i));
    return make("li", {}, button);
  });
  list.replaceChildren(...rows);
  if (!rows.length) {
    const why = { unsolvable: "No plan exists.", solved: "The goal holds at the start: nothing to do." };
    list.append(make("li", { class: "none" }, why[trace.outcome?.status] || "No plan was found."));
  }
}

function markLane(list, index) {
  [...list.children].forEach((row, i) => {
    const button = row.querySelector("button");
    if (!button) return;
    if (i === index) {
      button.setAttribute("aria-current", "step");
      row.scrollIntoView({ block: "nearest" });
    } else button.removeAttribute("aria-current");
  });
}

function planTable(trace) {
  const words = (atoms) => atoms.map((atom) => trace.atoms[atom][1] || trace.atoms[atom][0]).join("; ");
  const judged = trace.plan.some((step) => step.node >= 0 && !Number.isNaN(trace.prior[step.node]));
  const columns = ["#", "step", "cost", ...(judged ? ["prior"] : []), "becomes true", "becomes false"];
  const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col", class: ["#", "cost", "prior"].includes(name) ? "number" : "" }, name)));
  const rows = trace.plan.map((step, i) => make(
    "tr", {},
    make("td", { class: "number" }, String(i + 1)),
    make("td", {}, sentence(step.words || step.text), step.words ? make("br") : null, step.words ? make("code", {}, step.text) : null),
    make("td", { class: "number" }, trace.cost(step.cost)),
    judged ? make("td", { class: "number" }, step.node >= 0 ? percent(trace.prior[step.node]) : "") : null,
    make("td", {}, words(step.added)),
    make("td", {}, words(step.removed)),
  ));
  const total = trace.plan.reduce((sum, step) => sum + step.cost, 0);
  const caption = `${count(trace.plan.length, "step")}, cost ${trace.cost(total)}`;
  return make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...rows));
}

function count(amount, noun) {
  return `${number(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}
