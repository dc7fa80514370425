// The estimates of the expanded states over time: dips show progress, plateaus its absence.

function drawChart(canvas, trace, moment, theme) {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
  const context = canvas.getContext("2d"), { width, height } = canvas, count = trace.eventCount;
  context.clearRect(0, 0, width, height);
  const { event, value, cost } = trace.column;
  const estimated = varies(value);
  const amount = (e) => (estimated ? value[event[e]] : cost[event[e]]);
  let least = Infinity, most = -Infinity;
  for (let e = 0; e < count; e += 1) {
    const x = amount(e);
    if (Number.isFinite(x)) { least = Math.min(least, x); most = Math.max(most, x); }
  }
  if (least > most) return;
  const row = (x) => height - ratio * 3 - ((x - least) / (most - least || 1)) * (height - ratio * 8);
  // One bar for each pixel column, from the least to the greatest estimate in it.
  const inset = 8 * ratio, usable = width - 2 * inset, bars = Math.min(count, Math.floor(usable / ratio));
  const thick = Math.max(ratio, usable / bars);
  for (let b = 0; b < bars; b += 1) {
    const from = Math.floor((b * count) / bars), to = Math.max(from + 1, Math.floor(((b + 1) * count) / bars));
    let low = Infinity, high = -Infinity;
    for (let e = from; e < to; e += 1) {
      const x = amount(e);
      if (Number.isFinite(x)) { low = Math.min(low, x); high = Math.max(high, x); }
    }
    if (low > high) continue;
    context.fillStyle = from < moment ? theme.bar : theme.line;
    const top = row(high), bottom = row(low);
    context.fillRect(inset + b * thick, top - ratio, Math.min(thick * 0.92, Math.max(thick - ratio, ratio)), Math.max(2 * ratio, bottom - top + 2 * ratio));
  }
}
