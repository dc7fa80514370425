// The search tree on a canvas: levels from left to right, drawn only where it is visible.
// Subtrees thinner than a pixel are drawn as one line, so a frame costs what can be seen.

class TreeView {
  constructor(trace, canvas, onSelect, onHover) {
    this.trace = trace;
    this.canvas = canvas;
    this.onSelect = onSelect;
    this.onHover = onHover;
    this.context = canvas.getContext("2d");
    this.selected = -1;
    this.hovered = -1;
    this.hits = new Set();
    this.moment = trace.eventCount;
    this.deepest = new Int32Array(trace.nodeCount);
    this.drawn = [];
    this.pending = 0;
    this.touched = false;
    this.listen();
  }

  arrange(frontier) {
    const { trace } = this, { order, parent } = trace.column;
    const keep = new Uint8Array(trace.nodeCount);
    for (let v = trace.nodeCount - 1; v >= 0; v -= 1) {
      if (frontier || order[v] >= 0 || trace.onPlan[v]) keep[v] = 1;
      if (keep[v] && parent[v] >= 0) keep[parent[v]] = 1;
    }
    this.keep = keep;
    this.layout = tidyLayout(parent, keep);
    this.levels = 0;
    for (let v = 0; v < trace.nodeCount; v += 1) if (keep[v] && trace.depth[v] > this.levels) this.levels = trace.depth[v];
    this.reach();
  }

  // How deep each subtree is at the present moment.
  reach() {
    const { depth, column, nodeCount } = this.trace, { deepest, keep, moment } = this;
    deepest.set(depth);
    for (let v = nodeCount - 1; v >= 0; v -= 1) {
      const p = column.parent[v];
      if (p >= 0 && keep[v] && column.made[v] <= moment && deepest[v] > deepest[p]) deepest[p] = deepest[v];
    }
  }

  setMoment(moment) {
    this.moment = moment;
    this.reach();
    this.draw();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.max(1, Math.round(box.width * ratio));
    this.canvas.height = Math.max(1, Math.round(box.height * ratio));
    this.ratio = ratio;
    if (!this.touched) this.fit();
    this.draw();
  }

  fit() {
    const span = this.layout.most - this.layout.least;
    const wide = this.width - 110, tall = this.height - 120;
    this.kx = Math.min(180, wide / Math.max(1, this.levels));
    this.ky = Math.min(52, tall / Math.max(1, span));
    this.tx = Math.max(40, (this.width - this.kx * this.levels) / 2);
    this.ty = 64 + (tall - this.ky * span) / 2 - this.layout.least * this.ky;
    this.touched = false;
    this.draw();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2, across = true) {
    const kx = across ? clamp(this.kx * factor, 0.01, 400) : this.kx, ky = clamp(this.ky * factor, 1e-4, 120);
    this.tx = x - ((x - this.tx) * kx) / this.kx;
    this.ty = y - ((y - this.ty) * ky) / this.ky;
    this.kx = kx;
    this.ky = ky;
    this.touched = true;
    this.draw();
  }

  // Zoom around the chosen node where it is in view, else around the middle.
  zoomHere(factor) {
    const v = this.selected, visible = v >= 0 && this.x(v) > 0 && this.x(v) < this.width && this.y(v) > 0 && this.y(v) < this.height;
    if (visible) this.zoom(factor, this.x(v), this.y(v));
    else this.zoom(factor);
  }

  x(v) { return this.trace.depth[v] * this.kx + this.tx; }
  y(v) { return this.layout.y[v] * this.ky + this.ty; }

  // Bring a node into view, without moving when it is there already.
  reveal(v) {
    const x = this.x(v), y = this.y(v), margin = 60;
    if (x < margin || x > this.width - margin) this.tx += this.width / 2 - x;
    if (y < margin || y > this.height - margin) this.ty += this.height / 2 - y;
    this.draw();
  }

  draw() {
    if (!this.pending) this.pending = requestAnimationFrame(() => { this.pending = 0; this.paint(); });
  }

  paint() {
    const { context, width, height } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.collect();
    this.paintEdges();
    this.paintPlanEdges();
    this.paintNodes();
    this.paintLabels();
  }

  // Find what is visible: nodes to draw, and lines for subtrees thinner than a pixel.
  collect() {
    const { trace, layout, width, height, kx, ky, ty, keep, moment, deepest } = this;
    const { made } = trace.column, { low, high, firstChild, next } = layout;
    const nodes = [], lines = [], stack = [];
    const push = (first) => { for (let v = first; v >= 0; v = next[v]) stack.push(v); };
    push(firstChild[trace.nodeCount]);
    const dense = ky < 2 || kx < 2;
    // How far to the right a line from each pixel reaches: what lies inside it is not drawn again.
    const across = Math.ceil(width / 4) + 40, reached = new Float32Array(across * (Math.ceil(height) + 80));
    const covered = (x, y, end) => {
      const cell = clamp(Math.round(y) + 40, 0, Math.ceil(height) + 79) * across + clamp(x >> 2, 0, across - 1);
      if (end <= reached[cell]) return true;
      reached[cell] = end;
      return false;
    };
    while (stack.length) {
      const v = stack.pop();
      if (!keep[v] || made[v] > moment) continue;
      if (high[v] * ky + ty < -30 || low[v] * ky + ty > height + 30) continue;
      const x = this.x(v);
      if (x > width + kx + 30) continue;
      if (dense && (high[v] - low[v]) * ky < 1.2) {
        if (!covered(x, this.y(v), x + 1 + (deepest[v] - trace.depth[v]) * kx)) lines.push(v, deepest[v]);
        continue;
      }
      nodes.push(v);
      push(firstChild[v]);
    }
    this.nodes = nodes;
    this.lines = lines;
    this.radius = clamp(Math.min(kx * 0.2, ky * 0.3), 1.1, 6.5);
  }

  paintEdges() {
    const { context, nodes, lines, trace, layout, kx } = this;
    context.lineWidth = 1;
    context.strokeStyle = this.theme.edge;
    context.beginPath();
    const curved = nodes.length < 2500;
    for (const v of nodes) {
      const p = trace.column.parent[v];
      if (p >= 0) this.link(p, v, curved);
    }
    // Thin subtrees of one parent share two edges, to the first and to the last of them.
    const ends = new Map();
    for (let i = 0; i < lines.length; i += 2) {
      const v = lines[i], pair = ends.get(trace.column.parent[v]);
      if (!pair) ends.set(trace.column.parent[v], [v, v]);
      else if (layout.y[v] < layout.y[pair[0]]) pair[0] = v;
      else if (layout.y[v] > layout.y[pair[1]]) pair[1] = v;
    }
    for (const [p, pair] of ends) {
      if (p < 0) continue;
      this.link(p, pair[0], false);
      if (Math.abs(layout.y[pair[0]] - layout.y[pair[1]]) * this.ky > 1) this.link(p, pair[1], false);
    }
    context.stroke();
    // By colour, since setting a colour costs more than a rectangle.
    const byColour = new Map();
    for (let i = 0; i < lines.length; i += 2) {
      const colour = this.colourOf(lines[i]);
      if (!byColour.has(colour)) byColour.set(colour, []);
      byColour.get(colour).push(i);
    }
    for (const [colour, list] of byColour) {
      context.fillStyle = colour;
      for (const i of list) {
        const v = lines[i], length = Math.max(1.5, (lines[i + 1] - trace.depth[v]) * kx);
        context.fillRect(this.x(v), Math.round(this.y(v)), length, 1);
      }
    }
  }

  link(p, v, curved) {
    const { context } = this, x0 = this.x(p), y0 = this.y(p), x1 = this.x(v), y1 = this.y(v);
    context.moveTo(x0, y0);
    if (!curved) { context.lineTo(x1, y1); return; }
    const bend = (x1 - x0) * 0.5;
    context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  }

  paintPlanEdges() {
    const { context, trace } = this, path = this.pathTo(this.selected);
    const trail = (nodes, colour, thickness) => {
      context.strokeStyle = colour;
      context.lineWidth = thickness;
      context.beginPath();
      for (const v of nodes) {
        const p = trace.column.parent[v];
        if (p >= 0 && this.shows(v)) this.link(p, v, true);
      }
      context.stroke();
    };
    trail(path, this.theme.focus, clamp(this.radius * 0.7, 1.5, 3));
    trail(trace.plan.map((entry) => entry.node).filter((v) => v >= 0), this.theme.plan, clamp(this.radius * 0.8, 2, 3.5));
  }

  pathTo(v) {
    const path = [];
    for (; v >= 0; v = this.trace.column.parent[v]) path.push(v);
    return path;
  }

  shows(v) { return this.keep[v] && this.trace.column.made[v] <= this.moment; }

  colourOf(v) {
    const shade = this.colours.shade[v];
    return shade === 255 ? this.theme.ghost : this.colours.palette[shade];
  }

  paintNodes() {
    const { context, trace, radius, moment } = this, { order } = trace.column;
    const filled = new Map(), hollow = [], dead = [];
    for (const v of this.nodes) {
      const expanded = order[v] >= 0 && order[v] < moment;
      if (expanded && trace.isDead(v)) dead.push(v);
      else if (expanded || trace.isGoal(v)) {
        const colour = trace.isGoal(v) ? this.theme.plan : this.colourOf(v);
        if (!filled.has(colour)) filled.set(colour, []);
        filled.get(colour).push(v);
      } else hollow.push(v);
    }
    const small = radius < 2.2;
    const dots = (list, size) => {
      context.beginPath();
      for (const v of list) {
        const x = this.x(v), y = this.y(v);
        if (small) context.rect(x - size, y - size, 2 * size, 2 * size);
        else { context.moveTo(x + size, y); context.arc(x, y, size, 0, 2 * Math.PI); }
      }
    };
    dots(hollow, small ? radius * 0.8 : radius * 0.72);
    if (small) { context.fillStyle = this.theme.ghost; context.fill(); }
    else {
      context.fillStyle = this.theme.ground;
      context.fill();
      context.strokeStyle = this.theme.ghost;
      context.lineWidth = 1.2;
      context.stroke();
    }
    for (const [colour, list] of filled) {
      context.fillStyle = colour;
      dots(list, radius);
      context.fill();
    }
    this.crosses(dead);
    this.rings();
  }

  crosses(list) {
    const { context } = this, r = Math.max(2, this.radius * 0.8);
    context.strokeStyle = this.theme.bad;
    context.lineWidth = Math.max(1.2, this.radius * 0.4);
    context.beginPath();
    for (const v of list) {
      const x = this.x(v), y = this.y(v);
      context.moveTo(x - r, y - r); context.lineTo(x + r, y + r);
      context.moveTo(x + r, y - r); context.lineTo(x - r, y + r);
    }
    context.stroke();
  }

  rings() {
    const { context, trace, radius } = this;
    const ring = (v, gap, colour, thickness) => {
      if (v < 0 || !this.shows(v)) return;
      context.strokeStyle = colour;
      context.lineWidth = thickness;
      context.beginPath();
      context.arc(this.x(v), this.y(v), Math.max(radius, 2.5) + gap, 0, 2 * Math.PI);
      context.stroke();
    };
    const plan = trace.plan.map((entry) => entry.node);
    if (radius >= 3) for (const v of plan) ring(v, 1, this.theme.plan, 2);
    if (plan.length) {
      const goal = plan[plan.length - 1];
      ring(goal, 1, this.theme.plan, 2.5);
      ring(goal, 5, this.theme.plan, 1.5);
    }
    for (const v of this.hits) ring(v, 3, this.theme.focus, 1.5);
    ring(this.hovered, 3, this.theme.ink, 1.5);
    ring(this.selected, 4, this.theme.focus, 2.5);
  }

  paintLabels() {
    const { context, trace, kx, ky, radius } = this;
    if (kx < 70 || ky < 14) return;
    const size = clamp(ky * 0.55, 10, 13), letters = Math.floor((kx - 2 * radius - 14) / (size * 0.5));
    if (letters < 9) return;
    context.font = `${size}px ${this.theme.font}`;
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = this.theme.ground;
    for (const v of this.nodes) {
      const step = trace.column.step[v];
      if (step < 0) continue;
      context.fillStyle = trace.onPlan[v] ? this.theme.plan : this.theme.ink;
      context.globalAlpha = trace.column.order[v] >= 0 || trace.onPlan[v] ? 1 : 0.65;
      const x = this.x(v) - radius - 6, y = this.y(v), [above, below] = this.labelOf(step, letters, ky > 2.6 * size);
      const write = (text, at) => { context.strokeText(text, x, at); context.fillText(text, x, at); };
      write(above, y - 5);
      if (below) write(below, y + 4 + size * 0.8);
      context.globalAlpha = 1;
    }
  }

  // A step in the letters there are: its sentence, its name and arguments, or these in two lines.
  labelOf(step, letters, twoLines) {
    const cut = (text) => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);
    const [, text, words] = this.trace.steps[step], short = text.replace(/^\((.*)\)$/, "$1");
    if (words && words.length <= letters) return [words];
    if (short.length <= letters || !twoLines) return [cut(short)];
    const blank = short.indexOf(" ");
    return blank < 0 ? [cut(short)] : [cut(short.slice(0, blank)), cut(short.slice(blank + 1))];
  }

  nodeAt(x, y) {
    let best = -1, least = Math.max(10, this.radius + 4) ** 2;
    const look = (v) => {
      const distance = (this.x(v) - x) ** 2 + (this.y(v) - y) ** 2;
      if (distance < least) { least = distance; best = v; }
    };
    for (const entry of this.trace.plan) if (entry.node >= 0 && this.shows(entry.node)) look(entry.node);
    for (const v of this.nodes || []) look(v);
    for (let i = 0; i < (this.lines || []).length; i += 2) look(this.lines[i]);
    return best;
  }

  listen() {
    const { canvas } = this, pointers = new Map();
    let moved = 0;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, at(event));
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const here = at(event), before = pointers.get(event.pointerId);
      if (!before) { this.hover(...here); return; }
      if (pointers.size === 2) this.pinch(pointers, event.pointerId, here);
      else { this.tx += here[0] - before[0]; this.ty += here[1] - before[1]; }
      moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
      pointers.set(event.pointerId, here);
      if (moved > 4) { this.touched = true; canvas.classList.add("moving"); }
      this.draw();
    });
    const release = (event) => {
      canvas.classList.remove("moving");
      if (pointers.delete(event.pointerId) && moved <= 4 && event.type === "pointerup") {
        const v = this.nodeAt(...at(event));
        if (v >= 0) this.onSelect(v);
      }
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.hover(-1e9, -1e9));
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...at(event)));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const turn = event.deltaY || event.deltaX;
      this.zoom(Math.exp(-clamp(turn, -300, 300) * 0.0022), ...at(event), !event.shiftKey);
    }, { passive: false });
  }

  pinch(pointers, id, here) {
    const other = [...pointers].find(([key]) => key !== id)[1], before = pointers.get(id);
    const spread = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    this.zoom(spread(here) / spread(before), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
  }

  hover(x, y) {
    const v = this.nodeAt(x, y);
    this.canvas.classList.toggle("over", v >= 0);
    this.onHover(v, x, y);
    if (v !== this.hovered) { this.hovered = v; this.draw(); }
  }
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
