// Colours of nodes: one of a few scales, quantised so that nodes are drawn in batches.

const SHADES = 24;
const SCALES = {
  light: {
    value: ["#066b52", "#1d9a8a", "#5aa9d6", "#9db4dc", "#c6c3d9"],
    order: ["#cfd6e6", "#8fa8dc", "#5f78c9", "#5a3fa0", "#3d1466"],
    prior: ["#d3c4b4", "#e3a35c", "#dd7724", "#c2410c", "#8a1c0a"],
  },
  dark: {
    value: ["#6ff2c1", "#35c4b5", "#3f8fc7", "#44619c", "#474a66"],
    order: ["#3d4457", "#4a639c", "#6f86e0", "#a98bf5", "#ecb3ff"],
    prior: ["#4c453d", "#8a5c33", "#cc7a33", "#ff9d57", "#ffd9b8"],
  },
};
const ACTIONS = {
  light: ["#1f6fb4", "#0d8a68", "#b45309", "#a21caf", "#b42318", "#4d7c0f", "#0e7490", "#6d4bd0", "#8a6d1c", "#64748b"],
  dark: ["#6cb6ff", "#4fd6a5", "#f0a55a", "#e58af2", "#ff8f86", "#a5d266", "#5cd2e6", "#b6a1ff", "#e0c45c", "#a3b1c6"],
};

function ramp(stops) {
  const channels = stops.map((stop) => [1, 3, 5].map((i) => parseInt(stop.slice(i, i + 2), 16)));
  return Array.from({ length: SHADES }, (_, i) => {
    const at = (i / (SHADES - 1)) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
    const mixed = channels[low].map((c, k) => Math.round(c + (channels[low + 1][k] - c) * (at - low)));
    return `rgb(${mixed.join(",")})`;
  });
}

// Returns `{palette, shade, legend}`: colours, the colour of each node (255 for none), and what
// the legend shows: `{ramp, from, to}` or `{chips}`.
function colourNodes(trace, by, theme) {
  const { column, nodeCount } = trace, shade = new Uint8Array(nodeCount).fill(255);
  if (by === "action") {
    const palette = ACTIONS[theme];
    for (let v = 0; v < nodeCount; v += 1) {
      if (column.step[v] >= 0) shade[v] = trace.steps[column.step[v]][0] % palette.length;
    }
    return { palette, shade, legend: { chips: trace.schemas.map((name, i) => [name, palette[i % palette.length]]) } };
  }
  if (by === "remark") {
    const palette = ACTIONS[theme];
    for (let e = 0; e < trace.eventCount; e += 1) {
      const v = column.event[e];
      if (column.order[v] === e && column.remark[e] >= 0) shade[v] = column.remark[e] % palette.length;
    }
    return { palette, shade, legend: { chips: trace.remarks.map((name, i) => [name, palette[i % palette.length]]) } };
  }
  const palette = ramp(SCALES[theme][by]);
  const amount = {
    value: (v) => column.value[v],
    order: (v) => (column.order[v] < 0 ? NaN : column.order[v]),
    prior: (v) => trace.prior[v],
  }[by];
  let least = Infinity, most = -Infinity;
  for (let v = 0; v < nodeCount; v += 1) {
    const x = amount(v);
    if (Number.isFinite(x)) { least = Math.min(least, x); most = Math.max(most, x); }
  }
  if (least > most) return { palette, shade, legend: { chips: [] } };
  const span = most - least || 1;
  for (let v = 0; v < nodeCount; v += 1) {
    const x = amount(v);
    if (Number.isFinite(x)) shade[v] = Math.round(((x - least) / span) * (SHADES - 1));
  }
  const shown = by === "prior" ? percent : by === "order" ? (x) => number(x + 1) : number;
  return { palette, shade, legend: { ramp: palette, from: shown(least), to: shown(most) } };
}
