// The script at the left, what became of it at the right.

const jinja = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;

/** Lines of code. `paint(text, start)` gives the pieces of a line. */
function codeLines(text, firstNumber, paint, gutter) {
  let start = 0;
  const lines = text.split('\n').map((line, at) => {
    const row = el('div', { class: 'l' }, el('span', { class: 'n' }, gutter ? gutter(firstNumber + at) : '', firstNumber + at),
      el('span', { class: 't' }, paint(line, start, firstNumber + at)));
    start += line.length + 1;
    return row;
  });
  return el('div', { class: 'code' }, lines);
}

/** The text of a model, its references in colour. */
function modelCode(text) {
  const spans = [...text.matchAll(jinja)].map((match) => [match.index, match.index + match[0].length,
    match[0].startsWith('{#') ? 'comment' : 'jinja']);
  return codeLines(text.replace(/\n$/, ''), 1, (line, start) => {
    const pieces = [];
    let at = 0;
    for (const [from, to, kind] of spans) {
      const [low, high] = [Math.max(from - start, at), Math.min(to - start, line.length)];
      if (low >= high) continue;
      pieces.push(line.slice(at, low), el('span', { class: kind }, line.slice(low, high)));
      at = high;
    }
    return [...pieces, line.slice(at)];
  });
}

const changeTexts = {
  kept: (change) => ['temp table ', el('span', { class: 'before mono' }, change.before), ' \u2192 ', code(change.after.replace(/`/g, ''))],
  source: (change) => ['table ', el('span', { class: 'before mono' }, change.before), ' \u2192 ', code(change.after)],
  ref: (change) => ['table ', el('span', { class: 'before mono' }, change.before), ' \u2192 ', code(change.after)],
  var: (change) => ['variable ', el('span', { class: 'before mono' }, change.before), ' \u2192 ', code(change.after)],
  materialized: (change) => [`${change.before} \u2192 `, code(change.after)],
  'first run': () => ['part of the query runs only from the second run on'],
  this: () => ['its own earlier rows \u2192 ', code('{{ this }}')],
  if: (change) => ['a branch \u2192 ', code(change.after)],
};

function changeList(model) {
  const order = model.changes.some((change) => change.kind === 'ref') ? [el('li', {}, 'its place among the statements \u2192 follows from ', code('ref()'))] : [];
  return el('ul', { class: 'changes' }, model.changes.map((change) => el('li', {}, changeTexts[change.kind](change))), order);
}

const fateText = { model: 'became', config: 'became a setting', dropped: 'dropped', manual: 'left for a person', '': '' };

if (page.scripts.length) {
  addView('compare', page.converted ? 'Before and after' : 'Scripts', null, (section) => {
    section.classList.add('compare');
    const left = el('div', { class: 'pane', tabindex: 0, role: 'region', 'aria-label': 'Script' });
    const right = el('div', { class: 'pane', tabindex: 0, role: 'region', 'aria-label': 'Models' });
    const said = el('div', { class: 'said', role: 'status' });
    const choice = picker('Script', page.scripts.map((script, at) => [at, `${script.name} (${page.files[script.file].path})`]),
      (at) => go('compare', [at]));
    const about = el('span', { class: 'soft' });
    section.append(el('div', { class: 'bar' }, choice.element, about), left, right);
    let current = null;
    let pinned = null;
    let cards = new Map();
    let timer = 0;
    // What is drawn of the script, and what of it is lit.
    let spans = new Map();
    let dots = new Map();
    let rows = [];
    let firstRow = 1;
    let lit = new Set();

    const byScript = new Map();
    page.units.forEach((unit, number) => { if (byScript.has(unit.script)) byScript.get(unit.script).push(number); else byScript.set(unit.script, [number]); });
    /** The numbers of a script's statements. */
    const unitsOf = (at) => byScript.get(at) || [];

    function describe(number) {
      const unit = page.units[number];
      const place = `${filePlace(unit.file, unit.first_line, unit.last_line)}`;
      const fate = unit.node !== null ? [`${unit.fate === 'manual' ? 'left for a person in' : page.converted ? 'became' : 'writes'} `, nodeLink(unit.node)]
        : [fateText[unit.fate]];
      return [el('span', { class: 'mono soft' }, place), ' ', el('b', {}, unit.what), ' ', fate, unit.reason ? `: ${unit.reason}` : '',
        !page.converted && unit.reads.length ? [' reads ', code(unit.reads.join(', '))] : ''];
    }

    function drawScript(at) {
      const script = page.scripts[at];
      const text = page.files[script.file].text;
      const units = unitsOf(at);
      const firstLine = units.reduce((least, number) => Math.min(least, page.units[number].first_line), script.first_line) || 1;
      const lastLine = units.reduce((most, number) => Math.max(most, page.units[number].last_line), script.last_line);
      const all = text.split('\n');
      const before = all.slice(0, firstLine - 1).reduce((sum, line) => sum + line.length + 1, 0);
      // The statements of each line, the innermost first.
      const size = (number) => page.units[number].end - page.units[number].start;
      const onLine = new Map();
      const starts = new Map();
      const add = (map, line, number) => { if (map.has(line)) map.get(line).push(number); else map.set(line, [number]); };
      for (const number of [...units].sort((a, b) => size(a) - size(b))) {
        const unit = page.units[number];
        for (let line = unit.first_line; line <= unit.last_line; line += 1) add(onLine, line, number);
      }
      for (const number of units) add(starts, page.units[number].first_line, number);
      spans = new Map();
      dots = new Map();
      const paint = (line, start, number) => {
        const from = start + before;
        const to = from + line.length;
        const near = onLine.get(number) || [];
        const cuts = new Set([from, to]);
        for (const each of near) {
          cuts.add(Math.min(to, Math.max(from, page.units[each].start)));
          cuts.add(Math.max(from, Math.min(to, page.units[each].end)));
        }
        const places = [...cuts].sort((a, b) => a - b);
        return places.slice(0, -1).map((low, index) => {
          const high = places[index + 1];
          const piece = line.slice(low - from, high - from);
          const inner = near.find((each) => page.units[each].start <= low && page.units[each].end >= high);
          if (inner === undefined) return piece;
          const span = el('span', { class: `u u-${page.units[inner].fate || 'model'}`, 'data-unit': inner }, piece);
          add(spans, inner, span);
          return span;
        });
      };
      const addDot = (number, dot) => { dots.set(number, dot); return dot; };
      const gutter = (line) => (starts.get(line) || []).map((number) => addDot(number, el('button', { class: 'dot', type: 'button', 'data-unit': number,
        'aria-pressed': 'false', 'aria-label': `${page.units[number].what}, lines ${page.units[number].first_line} to ${page.units[number].last_line}` })));
      const lines = codeLines(all.slice(firstLine - 1, lastLine).join('\n'), firstLine, paint, gutter);
      for (const number of units) {
        const unit = page.units[number];
        if (unit.fate === 'model' || unit.fate === 'manual' || (!page.converted && unit.node !== null)) {
          for (let line = unit.first_line; line <= unit.last_line; line += 1) {
            const row = lines.children[line - firstLine];
            if (row) row.classList.add(unit.fate === 'manual' ? 'in-manual' : 'in-model');
          }
        }
      }
      rows = [...lines.children];
      firstRow = firstLine;
      lit = new Set();
      left.replaceChildren(lines);
    }

    function drawModels(at) {
      cards = new Map();
      const units = unitsOf(at);
      const made = [...new Set(units.map((number) => page.units[number].node).filter((node) => node !== null))];
      for (const node of made) {
        const model = page.models[node];
        if (!model) continue;
        const card = el('article', { class: 'card', 'data-node': node }, el('header', {}, el('h2', {}, nodes[node].name),
          kindChip(nodes[node].kind), el('span', { class: 'soft' }, model.materialized),
          el('a', { href: address('lineage', [nodes[node].id]) }, 'in the graph')),
        el('p', { class: 'mono soft' }, model.path), model.manual ? el('p', { class: 'severity-error' }, model.manual) : '',
        changeList(model), model.text ? modelCode(model.text) : '');
        cards.set(node, card);
      }
      right.classList.toggle('many', cards.size > 200);
      right.replaceChildren(said, ...cards.values());
      if (!page.converted) {
        right.append(el('div', { class: 'wide card' }, el('table', {}, el('caption', {}, 'What each statement reads and writes'),
          el('thead', {}, el('tr', {}, ['line', 'statement', 'reads', 'writes'].map((name) => el('th', { scope: 'col' }, name)))),
          el('tbody', {}, units.map((number) => page.units[number]).map((unit) => el('tr', {}, el('td', { class: 'number' }, unit.first_line),
            el('td', {}, unit.what), el('td', { class: 'mono' }, unit.reads.join(', ')), el('td', { class: 'mono' }, unit.writes.join(', '))))))));
      }
    }

    function paintUnit(number, on) {
      const unit = page.units[number];
      for (const span of spans.get(number) || []) {
        span.classList.toggle('on', on);
        if (!on && span.firstElementChild) span.textContent = span.textContent;
      }
      if (dots.has(number)) dots.get(number).setAttribute('aria-pressed', on);
      for (let line = unit.first_line; line <= unit.last_line; line += 1) {
        if (rows[line - firstRow]) rows[line - firstRow].classList.toggle('on', on);
      }
    }

    function highlight(number, scroll) {
      const unit = number === null ? null : page.units[number];
      const together = unit && unit.node !== null && page.models[unit.node] ? page.models[unit.node].units : [];
      for (const each of lit) paintUnit(each, false);
      lit = new Set(number === null ? [] : [number, ...together]);
      for (const each of lit) paintUnit(each, true);
      if (unit && unit.node !== null && page.models[unit.node]) markNames(page.models[unit.node]);
      for (const [node, card] of cards) card.classList.toggle('on', Boolean(unit) && node === unit.node);
      said.replaceChildren(...(unit ? [el('div', {}, describe(number))] : [el('span', { class: 'soft' },
        'Point at a statement of the script to see what became of it. Click to keep it.')]));
      const card = unit && cards.get(unit.node);
      if (card && scroll) {
        const smooth = !card.isConnected || matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
        right.scrollTo({ top: card.offsetTop - said.offsetHeight - 6, behavior: smooth });
      }
    }

    /** Marks the names in the script that the model no longer holds. */
    function markNames(model) {
      const names = model.changes.map((change) => change.before).filter(Boolean);
      if (!names.length) return;
      const escaped = names.sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const pattern = new RegExp(`(?<![\\w.])(?:${escaped.join('|')})(?![\\w])`, 'gi');
      for (const span of [...lit].flatMap((number) => spans.get(number) || [])) {
        const text = span.textContent;
        const pieces = [];
        let at = 0;
        for (const match of text.matchAll(pattern)) {
          pieces.push(text.slice(at, match.index), el('mark', {}, match[0]));
          at = match.index + match[0].length;
        }
        if (at) span.replaceChildren(...pieces, text.slice(at));
      }
    }

    const unitAt = (event) => { const hit = event.target.closest('[data-unit]'); return hit ? Number(hit.dataset.unit) : null; };
    const later = (work) => { clearTimeout(timer); timer = setTimeout(work, 90); };
    left.addEventListener('pointerover', (event) => { const number = unitAt(event); if (number !== null) later(() => highlight(number, true)); });
    left.addEventListener('pointerleave', () => later(() => highlight(pinned, false)));
    left.addEventListener('click', (event) => { const number = unitAt(event); if (number !== null) go('compare', [current, number]); });
    left.addEventListener('focusin', (event) => { const number = unitAt(event); if (number !== null) highlight(number, true); });
    right.addEventListener('pointerover', (event) => {
      const card = event.target.closest('[data-node]');
      const first = card && (page.models[card.dataset.node].units || []).find((number) => page.units[number].script === current);
      if (first !== undefined && first !== null) later(() => highlight(first, false));
    });
    right.addEventListener('pointerleave', () => later(() => highlight(pinned, false)));

    return (parts) => {
      const at = page.scripts[Number(parts[0])] ? Number(parts[0]) : 0;
      if (at !== current) {
        current = at;
        choice.set(at);
        const script = page.scripts[at];
        const file = page.files[script.file];
        about.textContent = `${script.kind}, ${file.dialect}, ${plural(unitsOf(at).length, 'statement')}`;
        drawScript(at);
        drawModels(at);
      }
      const number = Number(parts[1]);
      pinned = parts[1] !== undefined && page.units[number] && page.units[number].script === at ? number : null;
      highlight(pinned, true);
      const row = pinned === null ? null : (spans.get(pinned) || [])[0];
      if (row) {
        const box = row.getBoundingClientRect();
        const pane = left.getBoundingClientRect();
        if (box.top < pane.top || box.bottom > pane.bottom) left.scrollTop += box.top - pane.top - pane.height / 3;
      }
    };
  });
}
