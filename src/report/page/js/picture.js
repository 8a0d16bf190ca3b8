// A graph as SVG: pan, zoom, focus, boxes that open to their columns. Places come with the data.

const ROW = 20;
const HEAD = 44;

/**
 * Draws `graph` (nodes and edges with places). `options`: `label`, `describe(at)`, `sub(node)`, `choose(at, column)`.
 */
function picture(graph, options) {
  const root = svg('svg', { role: 'group', 'aria-label': options.label });
  const layer = svg('g');
  root.append(layer);
  const open = new Set();
  let boxes = [];
  let lines = [];
  let columnLines = svg('g');
  let view = { x: 0, y: 0, k: 1 };
  let focused = 0;

  const opened = (at) => (open.has(at) ? graph.nodes[at].columns.length * ROW + 6 : 0);
  /** Open boxes from the top, each with what it pushes down what stands below it. Boxes side by side push together. */
  let pushes = [];
  function measure() {
    pushes = [];
    for (const at of [...open].sort((a, b) => graph.nodes[a].y - graph.nodes[b].y)) {
      const { y } = graph.nodes[at];
      pushes.push({ from: y + HEAD, by: shift(y) + opened(at) });
    }
  }
  /** How far down a place moves because boxes above it are open. */
  function shift(y, list = pushes) {
    let most = 0;
    for (const push of list) if (push.from <= y) most = Math.max(most, push.by);
    return most;
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
    return text;
  }

  /** The part of a name that fits. The whole name stands in the title and in the panel. */
  function fitting(name, width) {
    const most = Math.floor((width - 26) / 7.3);
    const marks = Array.from(visible(name));
    if (marks.reduce((sum, mark) => sum + (mark.codePointAt(0) >= 0x1100 ? 2 : 1), 0) <= most) return marks.join('');
    const half = Math.floor((most - 1) / 2);
    return marks.slice(0, half).join('') + '\u2026' + marks.slice(-half).join('');
  }

  function drawNode(at) {
    const node = graph.nodes[at];
    const height = HEAD + opened(at);
    const group = svg('g', { class: `node kind kind-${node.kind}`, transform: `translate(${node.x},${top(at)})`,
      tabindex: at === focused ? 0 : -1, role: 'button', 'aria-pressed': 'false', 'data-at': at });
    group.append(
      svg('title', {}, `${node.name}\n${options.sub(node)}, ${options.describe(at)}`),
      svg('rect', { class: 'box', width: node.w, height, rx: 5 }),
      svg('rect', { class: 'stripe', width: 4, height: height - 8, x: 4, y: 4, rx: 2 }),
      svg('text', { class: 'name', x: 16, y: 19 }, fitting(node.name, node.w)),
      svg('text', { class: 'sub', x: 16, y: 34 }, options.sub(node)));
    if (open.has(at)) {
      node.columns.forEach((name, index) => {
        const y = HEAD + index * ROW;
        const row = svg('g', { class: 'row-hit', 'data-column': index }, svg('title', {}, name),
          svg('rect', { class: 'row', x: 10, y, width: node.w - 12, height: ROW, rx: 3 }),
          svg('text', { class: 'column', x: 18, y: y + 14 }, fitting(name, node.w - 4)));
        group.append(row);
      });
    }
    return group;
  }

  function draw() {
    measure();
    lines = graph.edges.map((edge) =>
      svg('path', { class: `edge ${edge.status ? 'status-' + edge.status : ''}`, d: path(edge),
        'marker-end': 'url(#head)' }));
    boxes = graph.nodes.map((_, at) => drawNode(at));
    columnLines = svg('g');
    layer.replaceChildren(
      svg('defs', {}, svg('marker', { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 6,
        markerHeight: 6, orient: 'auto-start-reverse', markerUnits: 'userSpaceOnUse' },
      svg('path', { class: 'edge-head', d: 'M0,0.5 L7.5,4 L0,7.5 z' }))),
      svg('g', {}, lines), columnLines, svg('g', {}, boxes));
  }

  function apply() {
    layer.setAttribute('transform', `translate(${view.x},${view.y}) scale(${view.k})`);
    root.classList.toggle('far', view.k < 0.55);
    root.classList.toggle('very-far', view.k < 0.3);
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

  function focus(at) {
    boxes[focused].setAttribute('tabindex', -1);
    focused = at;
    boxes[at].setAttribute('tabindex', 0);
    reveal(at);
    boxes[at].focus({ preventScroll: true });
  }

  /** The neighbour in the direction of an arrow key. */
  function neighbour(at, key) {
    const node = graph.nodes[at];
    const shown = (other) => !boxes[other].classList.contains('hidden');
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
        const fresh = drawNode(at);
        const had = document.activeElement === boxes[at];
        fresh.setAttribute('class', boxes[at].getAttribute('class'));
        boxes[at].replaceWith(fresh);
        boxes[at] = fresh;
        if (had) fresh.focus({ preventScroll: true });
      }
      graph.nodes.forEach((node, at) => {
        if (moved(node.y)) boxes[at].setAttribute('transform', `translate(${node.x},${top(at)})`);
      });
      graph.edges.forEach((edge, at) => {
        const touched = moved(graph.nodes[edge.from].y) || moved(graph.nodes[edge.to].y) || edge.passes.some(([, , y]) => moved(y));
        if (touched) lines[at].setAttribute('d', path(edge));
      });
    },
    isOpen: (at) => open.has(at),
    /** Lights nodes and the edges among them; null lights nothing and dims nothing. */
    light(chosen, lit) {
      root.classList.toggle('dimmed', Boolean(lit));
      boxes.forEach((box, at) => {
        box.classList.toggle('lit', Boolean(lit && lit.has(at)));
        if (box.classList.contains('chosen') !== (at === chosen)) {
          box.classList.toggle('chosen', at === chosen);
          box.setAttribute('aria-pressed', at === chosen);
        }
      });
      graph.edges.forEach((edge, at) =>
        lines[at].classList.toggle('lit', Boolean(lit && lit.has(edge.from) && lit.has(edge.to))));
      if (chosen !== null && chosen !== undefined) {
        boxes[focused].setAttribute('tabindex', -1);
        focused = chosen;
        boxes[chosen].setAttribute('tabindex', 0);
      }
    },
    hide(isHidden) {
      const gone = graph.nodes.map((_, at) => isHidden(at));
      boxes.forEach((box, at) => box.classList.toggle('hidden', gone[at]));
      graph.edges.forEach((edge, at) => lines[at].classList.toggle('hidden', gone[edge.from] || gone[edge.to]));
    },
    /** Marks columns (`at:index`) and draws links between those that are open. */
    traceColumns(marked, links) {
      for (const at of open) {
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
