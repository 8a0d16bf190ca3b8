// A graph as SVG: pan, zoom, focus, boxes that open to their columns. Places come with the data.

const ROW = 20;
const HEAD = 44;
/** Up to so many nodes the whole graph stands in the page; of a larger one only what is near the part in sight. */
const WHOLE = 400;

/**
 * Draws `graph` (nodes and edges with places). `options`: `label`, `describe(at)`, `sub(node)`, `choose(at, column)`.
 */
function picture(graph, options) {
  const root = svg('svg', { role: 'group', 'aria-label': options.label });
  const layer = svg('g');
  root.append(layer);
  const open = new Set();
  const whole = graph.nodes.length <= WHOLE;
  /** Elements of nodes and edges; null for those that do not stand in the page now. */
  const boxes = graph.nodes.map(() => null);
  const lines = graph.edges.map(() => null);
  const [lineLayer, columnLines, boxLayer] = [svg('g'), svg('g'), svg('g')];
  let view = { x: 0, y: 0, k: 1 };
  let focused = 0;
  /** What is lit, chosen, hidden and marked, whether it stands in the page or not. */
  const now = { lit: null, chosen: null, hidden: graph.nodes.map(() => false), marked: new Set(), plain: false };

  const opened = (at) => (open.has(at) ? graph.nodes[at].columns.length * ROW + 6 : 0);
  /** Open boxes from the top: from where on they push down what stands below, and by how much all of them together. Boxes
   * side by side push together. */
  let pushes = [];
  function measure() {
    pushes = [];
    for (const at of [...open].sort((a, b) => graph.nodes[a].y - graph.nodes[b].y)) {
      const { y } = graph.nodes[at];
      const most = pushes.length ? pushes[pushes.length - 1].by : 0;
      pushes.push({ from: y + HEAD, by: Math.max(most, shift(y) + opened(at)) });
    }
  }
  /** How far down a place moves because boxes above it are open. */
  function shift(y, list = pushes) {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].from <= y) low = middle + 1; else high = middle;
    }
    return low ? list[low - 1].by : 0;
  }
  const top = (at) => graph.nodes[at].y + shift(graph.nodes[at].y);

  // The right end of each column: an edge runs level up to there, past wider boxes above and below.
  const rightOf = new Map();
  for (const node of graph.nodes) rightOf.set(node.x, Math.max(rightOf.get(node.x) || 0, node.x + node.w));

  function path(edge) {
    const from = graph.nodes[edge.from];
    const to = graph.nodes[edge.to];
    let text = `M${from.x + from.w},${top(edge.from) + HEAD / 2}`;
    let x = from.x + from.w;
    let y = top(edge.from) + HEAD / 2;
    if (rightOf.get(from.x) > x) { x = rightOf.get(from.x); text += `H${x}`; }
    const bend = (nextX, nextY) => {
      const half = Math.max(18, Math.abs(nextX - x) / 2);
      text += `C${x + half},${y} ${nextX - half},${nextY} ${nextX},${nextY}`;
      x = nextX; y = nextY;
    };
    for (const [left, right, height] of edge.passes) {
      const moved = height + shift(height);
      bend(left, moved);
      if (right > left) { text += `H${right}`; x = right; }
    }
    bend(to.x - 2, top(edge.to) + HEAD / 2);
    // The arrow head is a part of the line: markers make thousands of lines slow.
    return now.plain ? text : `${text}M${x - 5},${y - 3}L${x},${y}L${x - 5},${y + 3}`;
  }

  /** The part of a name that fits. The whole name stands in the title and in the panel. */
  function fitting(name, width) {
    const most = Math.floor((width - 26) / 7.3);
    const marks = Array.from(visible(name));
    if (marks.reduce((sum, mark) => sum + (mark.codePointAt(0) >= 0x1100 ? 2 : 1), 0) <= most) return marks.join('');
    const half = Math.floor((most - 1) / 2);
    return marks.slice(0, half).join('') + '\u2026' + marks.slice(-half).join('');
  }

  function boxClass(at) {
    const marks = [now.lit && now.lit.has(at) && 'lit', now.chosen === at && 'chosen', now.hidden[at] && 'hidden'];
    return ['node kind', `kind-${graph.nodes[at].kind}`, ...marks.filter(Boolean)].join(' ');
  }

  function lineClass(at) {
    const { from, to, status } = graph.edges[at];
    const lit = now.lit && now.lit.has(from) && now.lit.has(to);
    return ['edge', status && `status-${status}`, lit && 'lit', (now.hidden[from] || now.hidden[to]) && 'hidden']
      .filter(Boolean).join(' ');
  }

  function drawNode(at) {
    const node = graph.nodes[at];
    const height = HEAD + opened(at);
    const group = svg('g', { class: boxClass(at), transform: `translate(${node.x},${top(at)})`,
      tabindex: at === focused ? 0 : -1, role: 'button', 'aria-pressed': String(at === now.chosen), 'data-at': at });
    group.append(
      svg('title', {}, `${node.name}\n${options.sub(node)}, ${options.describe(at)}`),
      svg('rect', { class: 'box', width: node.w, height, rx: 5 }));
    if (now.plain) return group;
    group.append(
      svg('rect', { class: 'stripe', width: 4, height: height - 8, x: 4, y: 4, rx: 2 }),
      svg('text', { class: 'name', x: 16, y: 19 }, fitting(node.name, node.w)),
      svg('text', { class: 'sub', x: 16, y: 34 }, options.sub(node)));
    if (open.has(at)) {
      node.columns.forEach((name, index) => {
        const y = HEAD + index * ROW;
        const row = svg('g', { class: now.marked.has(`${at}:${index}`) ? 'row-hit traced' : 'row-hit', 'data-column': index },
          svg('title', {}, name),
          svg('rect', { class: 'row', x: 10, y, width: node.w - 12, height: ROW, rx: 3 }),
          svg('text', { class: 'column', x: 18, y: y + 14 }, fitting(name, node.w - 4)));
        group.append(row);
      });
    }
    return group;
  }

  const drawLine = (at) => svg('path', { class: lineClass(at), d: path(graph.edges[at]) });

  /** Puts into the page what is near the part in sight, and takes out what is not. */
  function refresh() {
    const { width, height } = root.getBoundingClientRect();
    if (!whole && (!width || !height)) return;
    const plain = !whole && view.k < 0.3;
    if (plain !== now.plain) {
      now.plain = plain;
      for (const list of [boxes, lines]) list.forEach((element, at) => { if (element) { element.remove(); list[at] = null; } });
    }
    const margin = 0.2;
    const [left, right] = [(-view.x - width * margin) / view.k, (-view.x + width * (1 + margin)) / view.k];
    const [above, below] = [(-view.y - height * margin) / view.k, (-view.y + height * (1 + margin)) / view.k];
    const near = (x1, x2, y1, y2) => whole || (x1 < right && x2 > left && y1 < below && y2 > above);
    const settle = (list, layer_, wanted, drawn) => {
      let next = null;
      for (let at = list.length - 1; at >= 0; at -= 1) {
        if (wanted(at)) {
          if (!list[at]) { list[at] = drawn(at); layer_.insertBefore(list[at], next); }
          next = list[at];
        } else if (list[at]) {
          list[at].remove();
          list[at] = null;
        }
      }
    };
    settle(boxes, boxLayer, (at) => {
      const { x, w } = graph.nodes[at];
      const y = top(at);
      const inUse = boxes[at] && boxes[at] === document.activeElement;
      return inUse || ((whole || !now.hidden[at]) && near(x, x + w, y, y + HEAD + opened(at)));
    }, drawNode);
    settle(lines, lineLayer, (at) => {
      const { from, to, passes } = graph.edges[at];
      if (!whole && (now.hidden[from] || now.hidden[to])) return false;
      let [low, high] = [top(from), top(to)].sort((a, b) => a - b);
      for (const [, , height_] of passes) {
        const y = height_ + shift(height_);
        low = Math.min(low, y); high = Math.max(high, y);
      }
      return near(graph.nodes[from].x, graph.nodes[to].x + graph.nodes[to].w, low, high + HEAD);
    }, drawLine);
  }

  let waiting = false;
  /** The same at the next frame, once. */
  function refreshSoon() {
    if (whole || waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; refresh(); });
  }

  function draw() {
    measure();
    layer.replaceChildren(
      lineLayer, columnLines, boxLayer);
    if (whole) refresh(); else new ResizeObserver(refreshSoon).observe(root);
  }

  function apply() {
    layer.setAttribute('transform', `translate(${view.x},${view.y}) scale(${view.k})`);
    root.classList.toggle('far', view.k < 0.55);
    root.classList.toggle('very-far', view.k < 0.3);
    refreshSoon();
  }

  function zoom(factor, x, y) {
    const k = Math.min(2.5, Math.max(0.05, view.k * factor));
    view = { k, x: x - (x - view.x) * (k / view.k), y: y - (y - view.y) * (k / view.k) };
    apply();
  }

  function fit() {
    const { width, height } = root.getBoundingClientRect();
    if (!width || !height) return;
    const tall = graph.nodes.reduce((most, _, at) => Math.max(most, top(at) + HEAD + opened(at)), graph.height);
    const k = Math.min(1, (width - 48) / Math.max(1, graph.width), (height - 48) / Math.max(1, tall));
    view = { k, x: (width - graph.width * k) / 2, y: (height - tall * k) / 2 };
    apply();
  }

  /** The first view: the whole, or its left side where the whole would be too small to read. */
  function start() {
    fit();
    if (view.k >= 0.5) return;
    const { height } = root.getBoundingClientRect();
    const k = 0.7;
    view = { k, x: 24, y: Math.max(24, (height - graph.height * k) / 2) };
    apply();
  }

  /** Moves the picture so that a node is in sight. */
  function reveal(at) {
    const { width, height } = root.getBoundingClientRect();
    if (!width) return;
    if (view.k < 0.55) { view.k = 0.8; view.x = NaN; }
    const node = graph.nodes[at];
    const x = node.x * view.k + view.x;
    const y = top(at) * view.k + view.y;
    const inside = x > 20 && y > 20 && x + node.w * view.k < width - 20 && y + HEAD * view.k < height - 20;
    if (!inside) {
      view.x = width / 2 - (node.x + node.w / 2) * view.k;
      view.y = height / 2 - (top(at) + HEAD / 2) * view.k;
    }
    apply();
  }

  /** Makes a node the one that the Tab key reaches. */
  function reachable(at) {
    if (boxes[focused]) boxes[focused].setAttribute('tabindex', -1);
    focused = at;
    if (boxes[at]) boxes[at].setAttribute('tabindex', 0);
  }

  function focus(at) {
    reachable(at);
    reveal(at);
    if (!boxes[at]) refresh();
    boxes[at].focus({ preventScroll: true });
  }

  /** The neighbour in the direction of an arrow key. */
  function neighbour(at, key) {
    const node = graph.nodes[at];
    const shown = (other) => !now.hidden[other];
    const near = (list) => list.filter(shown).sort((a, b) =>
      Math.abs(graph.nodes[a].y - node.y) - Math.abs(graph.nodes[b].y - node.y))[0];
    if (key === 'ArrowLeft') return near(graph.edges.filter((edge) => edge.to === at).map((edge) => edge.from));
    if (key === 'ArrowRight') return near(graph.edges.filter((edge) => edge.from === at).map((edge) => edge.to));
    const down = key === 'ArrowDown';
    const side = graph.nodes.map((_, other) => other).filter((other) => shown(other) &&
      (down ? graph.nodes[other].y > node.y : graph.nodes[other].y < node.y) &&
      Math.abs(graph.nodes[other].x - node.x) < node.w);
    return near(side);
  }

  root.addEventListener('keydown', (event) => {
    const box = event.target.closest('.node');
    if (event.key === '+' || event.key === '-') {
      const { width, height } = root.getBoundingClientRect();
      zoom(event.key === '+' ? 1.25 : 0.8, width / 2, height / 2);
    } else if (event.key === '0') fit();
    else if (event.key === 'Escape') options.choose(null);
    else if (!box) return;
    else if (event.key === 'Enter' || event.key === ' ') options.choose(Number(box.dataset.at));
    else if (event.key.startsWith('Arrow')) {
      const next = neighbour(Number(box.dataset.at), event.key);
      if (next !== undefined) focus(next);
    } else return;
    event.preventDefault();
  });

  let drag = null;
  root.addEventListener('pointerdown', (event) => { drag = { x: event.clientX, y: event.clientY, moved: false }; });
  root.addEventListener('pointermove', (event) => {
    if (!drag || !event.buttons) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    if (!drag.moved) root.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, y: event.clientY, moved: true };
    view.x += dx; view.y += dy;
    apply();
  });
  root.addEventListener('click', (event) => {
    const moved = drag && drag.moved;
    drag = null;
    if (moved) return;
    const box = event.target.closest('.node');
    const row = event.target.closest('.row-hit');
    if (!box) options.choose(null);
    else options.choose(Number(box.dataset.at), row ? Number(row.dataset.column) : undefined);
  });
  root.addEventListener('wheel', (event) => {
    event.preventDefault();
    const { left, top: above } = root.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 200), event.clientX - left, event.clientY - above);
    else { view.x -= event.deltaX; view.y -= event.deltaY; apply(); }
  }, { passive: false });

  const step = (factor) => () => {
    const { width, height } = root.getBoundingClientRect();
    zoom(factor, width / 2, height / 2);
  };
  const element = el('div', { class: 'canvas' }, root, el('div', { class: 'zoom' },
    el('button', { class: 'quiet', type: 'button', 'aria-label': 'Zoom out', onclick: step(0.8) }, '\u2212'),
    el('button', { class: 'quiet', type: 'button', 'aria-label': 'Zoom in', onclick: step(1.25) }, '+'),
    el('button', { class: 'quiet', type: 'button', onclick: fit }, 'Fit')));

  draw();
  return {
    element, fit, reveal, focus, start,
    /** Opens exactly these boxes. Only what changes or moves is drawn again. */
    setOpen(list) {
      const wanted = new Set(list.filter((at) => graph.nodes[at].columns && graph.nodes[at].columns.length));
      const changed = [...wanted].filter((at) => !open.has(at)).concat([...open].filter((at) => !wanted.has(at)));
      if (!changed.length) return;
      const before = pushes;
      open.clear();
      wanted.forEach((at) => open.add(at));
      measure();
      const moved = (y) => shift(y) !== shift(y, before);
      for (const at of changed) {
        if (!boxes[at]) continue;
        const had = document.activeElement === boxes[at];
        const fresh = drawNode(at);
        boxes[at].replaceWith(fresh);
        boxes[at] = fresh;
        if (had) fresh.focus({ preventScroll: true });
      }
      graph.nodes.forEach((node, at) => {
        if (boxes[at] && moved(node.y)) boxes[at].setAttribute('transform', `translate(${node.x},${top(at)})`);
      });
      graph.edges.forEach((edge, at) => {
        if (!lines[at]) return;
        const touched = moved(graph.nodes[edge.from].y) || moved(graph.nodes[edge.to].y) || edge.passes.some(([, , y]) => moved(y));
        if (touched) lines[at].setAttribute('d', path(edge));
      });
      refreshSoon();
    },
    isOpen: (at) => open.has(at),
    /** Lights nodes and the edges among them; null lights nothing and dims nothing. */
    light(chosen, lit) {
      now.lit = lit || null;
      now.chosen = chosen === undefined ? null : chosen;
      root.classList.toggle('dimmed', Boolean(lit));
      boxes.forEach((box, at) => {
        if (!box) return;
        box.setAttribute('class', boxClass(at));
        box.setAttribute('aria-pressed', String(at === now.chosen));
      });
      lines.forEach((line, at) => { if (line) line.setAttribute('class', lineClass(at)); });
      if (now.chosen !== null) reachable(now.chosen);
    },
    hide(isHidden) {
      graph.nodes.forEach((_, at) => { now.hidden[at] = Boolean(isHidden(at)); });
      boxes.forEach((box, at) => { if (box) box.setAttribute('class', boxClass(at)); });
      lines.forEach((line, at) => { if (line) line.setAttribute('class', lineClass(at)); });
      refreshSoon();
    },
    /** Marks columns (`at:index`) and draws links between those that are open. */
    traceColumns(marked, links) {
      now.marked = marked;
      for (const at of open) {
        if (!boxes[at]) continue;
        for (const row of boxes[at].querySelectorAll('.row-hit')) {
          row.classList.toggle('traced', marked.has(`${at}:${row.dataset.column}`));
        }
      }
      const rowY = (at, column) => top(at) + (open.has(at) && column >= 0 ? HEAD + column * ROW + ROW / 2 : HEAD / 2);
      columnLines.replaceChildren(...links.map(([from, fromColumn, to, toColumn, how]) => {
        const [x1, y1] = [graph.nodes[from].x + graph.nodes[from].w, rowY(from, fromColumn)];
        const [x2, y2] = [graph.nodes[to].x, rowY(to, toColumn)];
        const half = Math.max(24, Math.abs(x2 - x1) / 2);
        return svg('path', { class: `column-edge ${how}`, d: `M${x1},${y1}C${x1 + half},${y1} ${x2 - half},${y2} ${x2},${y2}` });
      }));
    },
  };
}
