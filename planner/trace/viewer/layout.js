// Tidy trees in linear time (Buchheim, Jünger, Leipert 2002), without recursion: trees of
// searches may be thousands of levels deep. Nodes are numbered so that parents come first.

// Returns for each node `y` (across the levels, in rows), `low` and `high` (the rows its
// subtree covers) and the children of each node; nodes where `keep` is 0 are left out.
function tidyLayout(parent, keep) {
  const n = parent.length;
  const firstChild = new Int32Array(n + 1).fill(-1), lastChild = new Int32Array(n + 1).fill(-1);
  const next = new Int32Array(n + 1).fill(-1), previous = new Int32Array(n + 1).fill(-1);
  const up = (v) => (parent[v] < 0 ? n : parent[v]);
  for (let v = 0; v < n; v += 1) {
    if (!keep[v]) continue;
    const p = up(v);
    if (lastChild[p] < 0) firstChild[p] = v;
    else { next[lastChild[p]] = v; previous[v] = lastChild[p]; }
    lastChild[p] = v;
  }

  const prelim = new Float64Array(n + 1), middle = new Float64Array(n + 1), mod = new Float64Array(n + 1);
  const change = new Float64Array(n + 1), shift = new Float64Array(n + 1);
  const thread = new Int32Array(n + 1).fill(-1), ancestor = new Int32Array(n + 1), place = new Int32Array(n + 1);
  for (let v = 0; v <= n; v += 1) ancestor[v] = v;
  const left = (v) => (firstChild[v] >= 0 ? firstChild[v] : thread[v]);
  const right = (v) => (lastChild[v] >= 0 ? lastChild[v] : thread[v]);

  const moveSubtree = (from, to, distance) => {
    const rate = distance / (place[to] - place[from]);
    change[to] -= rate;
    shift[to] += distance;
    change[from] += rate;
    prelim[to] += distance;
    mod[to] += distance;
  };
  const apportion = (v, p, standing) => {
    const w = previous[v];
    if (w < 0) return standing;
    let inRight = v, outRight = v, inLeft = w, outLeft = firstChild[p];
    let sumInRight = mod[inRight], sumOutRight = mod[outRight], sumInLeft = mod[inLeft], sumOutLeft = mod[outLeft];
    while (right(inLeft) >= 0 && left(inRight) >= 0) {
      inLeft = right(inLeft);
      inRight = left(inRight);
      outLeft = left(outLeft);
      outRight = right(outRight);
      ancestor[outRight] = v;
      const gap = up(inLeft) === up(inRight) ? 1 : 1.35;
      const distance = prelim[inLeft] + sumInLeft - prelim[inRight] - sumInRight + gap;
      if (distance > 0) {
        const from = up(ancestor[inLeft]) === p ? ancestor[inLeft] : standing;
        moveSubtree(from, v, distance);
        sumInRight += distance;
        sumOutRight += distance;
      }
      sumInLeft += mod[inLeft];
      sumInRight += mod[inRight];
      sumOutLeft += mod[outLeft];
      sumOutRight += mod[outRight];
    }
    if (right(inLeft) >= 0 && right(outRight) < 0) {
      thread[outRight] = right(inLeft);
      mod[outRight] += sumInLeft - sumOutRight;
    }
    if (left(inRight) >= 0 && left(outLeft) < 0) {
      thread[outLeft] = left(inRight);
      mod[outLeft] += sumInRight - sumOutLeft;
      return v;
    }
    return standing;
  };
  const arrangeChildren = (p) => {
    let standing = firstChild[p], count = 0;
    for (let v = firstChild[p]; v >= 0; v = next[v]) {
      place[v] = count++;
      if (previous[v] >= 0) {
        prelim[v] = prelim[previous[v]] + 1;
        mod[v] = firstChild[v] >= 0 ? prelim[v] - middle[v] : 0;
      } else {
        prelim[v] = middle[v];
        mod[v] = 0;
      }
      standing = apportion(v, p, standing);
    }
    let sumShift = 0, sumChange = 0;
    for (let v = lastChild[p]; v >= 0; v = previous[v]) {
      prelim[v] += sumShift;
      mod[v] += sumShift;
      sumChange += change[v];
      sumShift += shift[v] + sumChange;
    }
    middle[p] = (prelim[firstChild[p]] + prelim[lastChild[p]]) / 2;
  };
  for (let p = n - 1; p >= 0; p -= 1) if (firstChild[p] >= 0) arrangeChildren(p);
  if (firstChild[n] >= 0) arrangeChildren(n);

  const y = new Float64Array(n), low = new Float64Array(n), high = new Float64Array(n), offset = new Float64Array(n + 1);
  for (let v = 0; v < n; v += 1) {
    if (!keep[v]) continue;
    const p = up(v);
    y[v] = prelim[v] + offset[p];
    offset[v] = offset[p] + mod[v];
    low[v] = high[v] = y[v];
  }
  let least = Infinity, most = -Infinity;
  for (let v = n - 1; v >= 0; v -= 1) {
    if (!keep[v]) continue;
    if (low[v] < least) least = low[v];
    if (high[v] > most) most = high[v];
    const p = parent[v];
    if (p < 0) continue;
    if (low[v] < low[p]) low[p] = low[v];
    if (high[v] > high[p]) high[p] = high[v];
  }
  return { y, low, high, firstChild, lastChild, next, previous, least, most };
}
