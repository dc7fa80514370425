// The panel about one node or one step of the plan. Texts enter the page as text only.

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("aria-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function pairs(list) {
  return list.filter(([, value]) => value !== "").map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
}

function factItem(trace, atom, kind) {
  const [text, words] = trace.atoms[atom];
  return make("li", { class: kind }, words || text, words ? make("code", {}, text) : null);
}

function capped(items, most, list) {
  list.append(...items.slice(0, most));
  if (items.length <= most) return [list];
  const more = make("button", { class: "more", type: "button" }, `Show all ${number(items.length)}`);
  more.addEventListener("click", () => { list.append(...items.slice(most)); more.remove(); });
  return [list, more];
}

function changeSection(trace, change) {
  if (!change) return [make("p", { class: "note" }, "Never expanded: its state was not recorded.")];
  const items = [
    ...change.added.map((atom) => factItem(trace, atom, "plus")),
    ...change.removed.map((atom) => factItem(trace, atom, "minus")),
  ];
  return items.length ? capped(items, 14, make("ul", { class: "facts" })) : [make("p", { class: "note" }, "Nothing changes.")];
}

function choiceSection(trace, node, taken, onSelect) {
  const choices = trace.alternatives(node), judged = choices.some((choice) => choice.prior > 0);
  // Where successors were recorded, a missing one is a state that was met before.
  const recorded = choices.some((choice) => choice.node >= 0);
  const most = Math.max(...choices.map((choice) => choice.prior || 0), 1e-9);
  const items = choices.map((choice) => {
    const child = choice.node, value = child >= 0 ? trace.column.value[child] : NaN;
    const again = child < 0 && recorded ? "seen before" : "";
    const much = judged ? [again, percent(choice.prior)].filter(Boolean).join(" · ") : again ? again : Number.isNaN(value) ? "" : `estimate ${number(value)}`;
    const planned = child >= 0 && trace.onPlan[child] && trace.onPlan[node];
    const bar = make("i");
    bar.style.width = `${(100 * (choice.prior || 0)) / most}%`;
    const button = make(
      "button", { type: "button", class: `${choice.step === taken ? "taken" : ""} ${planned ? "planned" : ""}`, disabled: child < 0 },
      make("span", {}, sentence(trace.stepWords(choice.step))), make("span", { class: "much" }, much),
      judged ? make("span", { class: "bar", "aria-hidden": "true" }, bar) : null,
    );
    button.addEventListener("click", () => onSelect(child));
    return make("li", {}, button);
  });
  const at = choices.findIndex((choice) => choice.step === taken);
  // The step taken is shown even when many others look better.
  if (at >= 10) items.splice(9, 0, items.splice(at, 1)[0]);
  return items.length ? capped(items, 10, make("ul", { class: "choices" })) : [];
}

function proofItem(proof, depth) {
  const by = {
    given: proof.where ? `given, ${proof.where}` : "true in the state",
    rule: `by rule ${proof.rule || "without a name"}${proof.where ? `, ${proof.where}` : ""}`,
    absent: "nothing makes it true",
    computed: "computed",
  }[proof.kind];
  const fact = [proof.words || proof.fact, proof.words ? make("code", {}, ` ${proof.fact}`) : null];
  const source = make("span", { class: "by" }, by);
  if (!proof.premises.length) return make("li", {}, make("div", { class: "leaf" }, ...fact, source));
  const inner = make("ul", { class: "proof" }, ...proof.premises.map((premise) => proofItem(premise, depth + 1)));
  return make("li", {}, make("details", { open: depth < 2 }, make("summary", {}, ...fact), source, inner));
}

function proofSection(step) {
  if (!step || !step.proofs.length) return [];
  return [
    make("h3", {}, "Why this step was possible"),
    make("ul", { class: "proof" }, ...step.proofs.map((proof) => proofItem(proof, 0))),
  ];
}

function stateSection(trace, node) {
  const facts = trace.facts(node);
  if (!facts) return [];
  const shown = make("details", {}, make("summary", {}, `All ${number(facts.size)} facts that may change`));
  shown.addEventListener("toggle", () => {
    if (shown.childElementCount > 1) return;
    const items = [...facts].sort((a, b) => a - b).map((atom) => factItem(trace, atom, "kept"));
    shown.append(...capped(items, 60, make("ul", { class: "facts" })));
  });
  return [make("h3", {}, "State"), shown];
}

function standing(trace, node) {
  const { order } = trace.column;
  if (trace.isGoal(node)) return "The goal holds here.";
  if (trace.isDead(node)) return "A dead end.";
  return order[node] < 0 ? "On the frontier: made, never expanded." : "";
}

function showNode(panel, trace, node, onSelect) {
  const { column } = trace, step = column.step[node], planned = trace.planIndex.get(node), parent = column.parent[node];
  const remark = trace.remarkOf(node);
  const parts = [
    make("h2", {}, sentence(trace.stepWords(step))),
    step >= 0 && trace.steps[step][2] ? make("p", { class: "code" }, trace.steps[step][1]) : null,
    make("dl", { class: "keys" }, ...pairs([
      ["node", number(column.number[node])],
      ["expansion", column.order[node] < 0 ? "" : number(column.order[node] + 1)],
      ["depth", number(trace.depth[node])],
      ["cost so far", trace.cost(column.cost[node])],
      ["estimate", Number.isNaN(column.value[node]) ? "" : number(column.value[node])],
      ["prior", percent(trace.prior[node])],
      ["chosen by", remark],
      ["plan step", planned === undefined ? "" : `${planned + 1} of ${trace.plan.length}`],
    ])),
    ...[standing(trace, node)].filter(Boolean).map((text) => make("p", { class: "warn" }, text)),
  ];
  if (parent >= 0) parts.push(make("h3", {}, "What it changed"), ...changeSection(trace, trace.change(node)));
  parts.push(...proofSection(planned === undefined ? null : trace.plan[planned]));
  if (parent >= 0) {
    const siblings = choiceSection(trace, parent, step, onSelect);
    if (siblings.length) parts.push(make("h3", {}, "Chosen among"), ...siblings);
  }
  const choices = choiceSection(trace, node, -1, onSelect);
  if (choices.length) parts.push(make("h3", {}, "What could come next"), ...choices);
  parts.push(...stateSection(trace, node));
  panel.replaceChildren(...parts.filter(Boolean));
  panel.scrollTop = 0;
}

// A step of the plan whose node is not in the record.
function showPlanStep(panel, trace, index) {
  const step = trace.plan[index];
  panel.replaceChildren(...[
    make("h2", {}, sentence(step.words || step.text)),
    step.words ? make("p", { class: "code" }, step.text) : null,
    make("dl", { class: "keys" }, ...pairs([
      ["plan step", `${index + 1} of ${trace.plan.length}`],
      ["cost", trace.cost(step.cost)],
    ])),
    make("h3", {}, "What it changed"), ...changeSection(trace, step),
    ...proofSection(step),
  ].filter(Boolean));
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
