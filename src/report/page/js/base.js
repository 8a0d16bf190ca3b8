// The data, elements made from text only, and the address of what is shown.

const page = JSON.parse(document.getElementById('data').textContent);

/** Marks that turn the direction of text are shown, not obeyed: they can make a name look like another. */
function visible(text) {
  return String(text).replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, (mark) =>
    '\u27e8U+' + mark.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + '\u27e9');
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

/** An HTML element; children that are no elements become text. */
const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** An SVG element. */
const svg = (name, attributes, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

const code = (text) => el('code', {}, text);
const plural = (count, one, many) => `${count.toLocaleString('en')} ${count === 1 ? one : many || one + 's'}`;

/** A link to a view: `address('lineage', ['model:a'], {column: 'b'})`. */
function address(view, parts = [], query = {}) {
  const path = [view, ...parts].map(encodeURIComponent).join('/');
  const pairs = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const tail = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
  return '#' + path + (tail ? '?' + tail : '');
}

function place() {
  const [path, tail = ''] = location.hash.slice(1).split('?');
  const read = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  const [view, ...parts] = path.split('/').map(read);
  const query = Object.fromEntries(tail.split('&').filter(Boolean).map((pair) => pair.split('=').map(read)));
  return { view, parts, query };
}

function go(view, parts, query) {
  const next = address(view, parts, query);
  if (location.hash === next) return;
  history.pushState(null, '', next);
  showPlace();
}

/** Views by name, in the order of the navigation. */
const views = [];

/** `build(section)` runs once and returns `update(parts, query)`, which runs at each visit. */
function addView(name, title, count, build) {
  views.push({ name, title, count, build, section: null, update: null });
}

// The graph, with neighbours.
const nodes = page.graph.nodes;
const numberOf = new Map(nodes.map((node, at) => [node.id, at]));
const reads = nodes.map(() => []);
const readers = nodes.map(() => []);
for (const edge of page.graph.edges) {
  reads[edge.to].push(edge.from);
  readers[edge.from].push(edge.to);
}

/** Everything that can be reached from a node by `next`, without itself. */
function reach(start, next) {
  const seen = new Set([start]);
  const stack = [start];
  while (stack.length) {
    for (const other of next[stack.pop()]) {
      if (!seen.has(other)) { seen.add(other); stack.push(other); }
    }
  }
  seen.delete(start);
  return seen;
}

const isBuilt = (at) => !['source', 'exposure'].includes(nodes[at].kind);
const kindChip = (kind) => el('span', { class: `kind chip kind-${kind}` }, kind);
const nodeLink = (at, text) =>
  el('a', { href: address('lineage', [nodes[at].id]), class: 'mono' }, text || nodes[at].name);

/** A list of nodes; long ones open on demand. */
function nodeList(list, most = 40) {
  const entry = (at) => el('li', {}, nodeLink(at), ' ', kindChip(nodes[at].kind));
  const box = el('ul', { class: 'list' }, list.slice(0, most).map(entry));
  if (list.length > most) {
    const more = el('button', { class: 'plain', type: 'button', onclick: () => {
      more.parentNode.remove();
      box.append(...list.slice(most).map(entry));
    } }, `${list.length - most} more`);
    box.append(el('li', {}, more));
  }
  return box;
}

function filePlace(file, first, last) {
  const lines = last && last !== first ? `${first}\u2013${last}` : first;
  return `${page.files[file] ? page.files[file].path : ''}:${lines}`;
}

/** A command with a button that copies it. */
function command(text) {
  const button = el('button', { class: 'quiet', type: 'button', 'aria-label': `Copy ${text}` }, 'Copy');
  button.addEventListener('click', async () => {
    try { await navigator.clipboard.writeText(text); button.textContent = 'Copied'; }
    catch { button.textContent = 'Select and copy'; }
    setTimeout(() => { button.textContent = 'Copy'; }, 1600);
  });
  return el('div', { class: 'command' }, code(text), button);
}

let pickers = 0;

/** A field that finds one of many by typing. `options` are `[value, label]`. */
function picker(label, options, choose) {
  const id = `picker-${++pickers}`;
  const input = el('input', { type: 'text', id, list: `${id}-list`, autocomplete: 'off', spellcheck: 'false' });
  const byLabel = new Map(options.map(([value, text]) => [text, value]));
  input.addEventListener('change', () => { if (byLabel.has(input.value)) choose(byLabel.get(input.value)); });
  input.addEventListener('focus', () => input.select());
  const labels = new Map(options.map(([value, text]) => [String(value), text]));
  const element = el('span', { class: 'bar' }, el('label', { for: id }, label), input,
    el('datalist', { id: `${id}-list` }, options.map(([, text]) => el('option', { value: text }))));
  return { element, set: (value) => { input.value = labels.get(String(value)) || ''; } };
}
