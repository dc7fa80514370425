// The data of the page: names as JSON and numbers as typed arrays (planner/trace/payload.py).

const COLUMN_TYPES = { i4: Int32Array, f4: Float32Array, f8: Float64Array };

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function unpack(bytes) {
  if (typeof DecompressionStream === "undefined") return gunzip(bytes).buffer;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function loadTrace(text) {
  const buffer = await unpack(fromBase64(text.trim()));
  const length = new DataView(buffer).getUint32(0, true);
  const trace = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const column = {};
  for (const [name, type, count] of trace.columns) {
    at += (8 - (at % 8)) % 8;
    column[name] = new COLUMN_TYPES[type](buffer, at, count);
    at += column[name].byteLength;
  }
  trace.column = column;
  trace.nodeCount = column.parent.length;
  trace.eventCount = column.event.length;
  describe(trace);
  return trace;
}

// What the rest of the page asks about nodes.
function describe(trace) {
  const { parent, step, order, value, legalStart, legalStep, legalPrior, legalChild } = trace.column;
  const scale = trace.header.cost_scale;
  trace.onPlan = new Uint8Array(trace.nodeCount);
  if (trace.nodeCount && trace.plan.length) trace.onPlan[0] = 1;
  trace.planIndex = new Map();
  trace.plan.forEach((entry, i) => {
    if (entry.node >= 0) { trace.onPlan[entry.node] = 1; trace.planIndex.set(entry.node, i); }
  });
  trace.depth = new Int32Array(trace.nodeCount);
  for (let v = 0; v < trace.nodeCount; v += 1) trace.depth[v] = parent[v] < 0 ? 0 : trace.depth[parent[v]] + 1;

  // The probability the guide gave the step that made a node; NaN without a guide's opinion.
  trace.prior = new Float32Array(trace.nodeCount).fill(NaN);
  for (let e = 0; e < trace.eventCount; e += 1) {
    for (let i = legalStart[e]; i < legalStart[e + 1]; i += 1) {
      const child = legalChild[i];
      if (child >= 0 && parent[child] === trace.column.event[e] && step[child] === legalStep[i]) trace.prior[child] = Math.exp(legalPrior[i]);
    }
  }
  trace.isDead = (v) => value[v] === Infinity || (order[v] >= 0 && legalStart[order[v]] === legalStart[order[v] + 1] && !trace.onPlan[v]);
  trace.isGoal = (v) => trace.plan.length > 0 && trace.planIndex.get(v) === trace.plan.length - 1;
  trace.remarkOf = (v) => (order[v] < 0 ? "" : trace.remarks[trace.column.remark[order[v]]] || "");
  trace.stepWords = (s) => (s < 0 ? "the initial state" : trace.steps[s][2] || trace.steps[s][1]);
  trace.cost = (units) => number(units / scale);
  trace.alternatives = (v) => {
    const e = order[v];
    if (e < 0) return [];
    const found = [];
    for (let i = legalStart[e]; i < legalStart[e + 1]; i += 1) {
      found.push({ step: legalStep[i], prior: Math.exp(legalPrior[i]), node: legalChild[i] });
    }
    return found.sort((a, b) => (b.prior || 0) - (a.prior || 0));
  };
  // The facts of an expanded node, from the differences on its path.
  trace.facts = (v) => {
    const path = [], state = new Set();
    for (let u = v; u >= 0; u = parent[u]) path.push(u);
    for (const u of path.reverse()) {
      const change = trace.change(u);
      if (!change) return null;
      for (const atom of change.removed) state.delete(atom);
      for (const atom of change.added) state.add(atom);
    }
    return state;
  };
  trace.change = (v) => {
    const e = order[v], c = trace.column;
    if (e >= 0) {
      return {
        added: Array.from(c.added.subarray(c.addedStart[e], c.addedStart[e + 1])),
        removed: Array.from(c.removed.subarray(c.removedStart[e], c.removedStart[e + 1])),
      };
    }
    const planned = trace.planIndex.get(v);
    return planned === undefined ? null : trace.plan[planned];
  };
}

// Whether a column tells nodes apart: at least two different finite values.
function varies(column) {
  const first = column.find((x) => Number.isFinite(x));
  return first !== undefined && column.some((x) => Number.isFinite(x) && x !== first);
}

function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : "∞";
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 });
}

function percent(probability) {
  if (Number.isNaN(probability)) return "";
  const shown = 100 * probability;
  return shown >= 9.95 ? `${shown.toFixed(0)} %` : shown >= 0.095 ? `${shown.toFixed(1)} %` : shown > 0 ? "< 0.1 %" : "0 %";
}
