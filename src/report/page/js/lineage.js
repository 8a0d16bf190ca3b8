// The lineage graph, with a panel for what is chosen.

/** Links of columns, by `node:column`. */
const linksInto = new Map();
const linksFrom = new Map();
for (const link of page.graph.links) {
  const [from, fromColumn, to, toColumn] = link;
  const push = (map, key) => { if (map.has(key)) map.get(key).push(link); else map.set(key, [link]); };
  push(linksInto, `${to}:${toColumn}`);
  push(linksFrom, `${from}:${fromColumn}`);
}

/** Everything that a column is made from and goes into: marked columns and links. */
function traceColumn(at, column) {
  const marked = new Set([`${at}:${column}`]);
  const links = new Set();
  const walk = (map, end) => {
    const stack = [`${at}:${column}`];
    const seen = new Set(stack);
    while (stack.length) {
      for (const link of map.get(stack.pop()) || []) {
        if (link[4] === 'filtering') continue;
        links.add(link);
        const key = end(link);
        marked.add(key);
        if (!seen.has(key)) { seen.add(key); stack.push(key); }
      }
    }
  };
  walk(linksInto, (link) => `${link[0]}:${link[1]}`);
  walk(linksFrom, (link) => `${link[2]}:${link[3]}`);
  return { marked, links: [...links] };
}

addView('lineage', 'Lineage', null, (section) => {
  section.classList.add('lineage');
  const kinds = [...new Set(nodes.map((node) => node.kind))];
  const away = new Set();
  let script = '';
  let chosen = null;
  let allOpen = false;
  const describe = (at) => `reads ${reads[at].length}, read by ${readers[at].length}`;
  const sub = (node) => {
    const model = page.models[numberOf.get(node.id)];
    return [node.kind, model && model.materialized, model && model.manual && 'to finish by hand'].filter(Boolean).join(' \u00b7 ');
  };
  const drawing = picture(page.graph, { label: 'Lineage graph. Arrow keys move along the edges, Enter chooses, plus, minus and 0 zoom.',
    describe, sub, choose });

  function choose(at, column) {
    if (at === null) go('lineage');
    else if (column !== undefined) go('lineage', [nodes[at].id], { column: nodes[at].columns[column] });
    else go('lineage', [nodes[at].id]);
  }

  const folders = page.folders;
  const folderOf = new Map();
  if (folders) folders.members.forEach((list, folder) => list.forEach((at) => folderOf.set(at, folder)));
  const folderNumber = (id) => (folders ? folders.graph.nodes.findIndex((folder) => folder.id === id) : -1);
  const folderDrawing = folders && picture(folders.graph, { label: 'Graph of folders. Arrow keys move along the edges, Enter chooses, plus, minus and 0 zoom.',
    describe: (at) => plural(folders.members[at].length, 'node'), sub: (folder) => `${folder.kind} \u00b7 folder`,
    choose: (at) => go('lineage', at === null ? [] : [folders.graph.nodes[at].id], { by: 'folder' }) });
  let folder = -1;

  const search = el('input', { type: 'search', placeholder: 'Find a model, table or column', 'aria-label': 'Find a model, table or column', autocomplete: 'off', spellcheck: 'false' });
  const aside = el('aside', { class: 'aside', 'aria-label': 'What is chosen', tabindex: 0 });
  const toggles = kinds.map((kind) => {
    const button = el('button', { class: `toggle kind chip kind-${kind}`, type: 'button', 'aria-pressed': 'true' }, kind);
    button.addEventListener('click', () => {
      if (away.has(kind)) away.delete(kind); else away.add(kind);
      button.setAttribute('aria-pressed', !away.has(kind));
      filter();
    });
    return button;
  });
  const scriptChoice = el('select', { 'aria-label': 'Script' }, el('option', { value: '' }, 'All scripts'),
    page.scripts.map((entry, at) => el('option', { value: at }, entry.name)));
  scriptChoice.addEventListener('change', () => { script = scriptChoice.value; filter(); });
  let owner = '';
  const ownerNames = [...new Set(Object.values(page.owners))].sort();
  const ownerChoice = el('select', { 'aria-label': 'Owner' }, el('option', { value: '' }, 'All owners'),
    ownerNames.map((name) => el('option', { value: name }, name)));
  ownerChoice.addEventListener('change', () => { owner = ownerChoice.value; filter(); });
  const openAll = el('button', { class: 'quiet', type: 'button', 'aria-pressed': 'false' }, 'Columns');
  openAll.addEventListener('click', () => {
    allOpen = !allOpen;
    openAll.setAttribute('aria-pressed', allOpen);
    showPlace();
    if (chosen === null) drawing.fit();
  });
  const byFolder = folders && el('button', { class: 'quiet', type: 'button', 'aria-pressed': 'false' }, 'Folders');
  if (byFolder) byFolder.addEventListener('click', () => go('lineage', [], byFolder.getAttribute('aria-pressed') === 'true' ? {} : { by: 'folder' }));
  section.append(el('div', { class: 'bar' }, search, toggles, page.scripts.length > 1 && scriptChoice,
    ownerNames.length > 0 && ownerChoice, nodes.some((node) => node.columns.length) && openAll, byFolder), drawing.element, folderDrawing ? folderDrawing.element : '', aside);

  function filter() {
    const mine = new Set();
    for (const unit of page.units) {
      if (unit.node !== null && String(unit.script) === script) {
        mine.add(unit.node);
        reads[unit.node].forEach((at) => mine.add(at));
      }
    }
    const near = folder < 0 ? null : new Set(folders.members[folder].flatMap((at) => [at, ...reads[at], ...readers[at]]));
    const owned = new Set(nodes.map((_, at) => at).filter((at) => page.owners[at] === owner).flatMap((at) => [at, ...reads[at]]));
    drawing.hide((at) => away.has(nodes[at].kind) || (owner !== '' && !owned.has(at)) || (script !== '' && !mine.has(at)) || Boolean(near && !near.has(at)));
    if (chosen === null) list();
  }

  search.addEventListener('input', () => { if (chosen !== null) go('lineage'); else list(); });
  search.addEventListener('keydown', (event) => {
    const first = aside.querySelector('a[href^="#lineage"]');
    if (event.key === 'Enter' && first) location.hash = first.getAttribute('href');
  });

  /** Nothing is chosen: everything that the search finds. */
  function list() {
    const wanted = search.value.trim().toLowerCase();
    const found = [];
    if (wanted) {
      nodes.forEach((node, at) => {
        if (away.has(node.kind)) return;
        if (node.name.toLowerCase().includes(wanted)) found.push([at]);
        else node.columns.filter((name) => name.toLowerCase().includes(wanted)).forEach((name) => found.push([at, name]));
      });
    }
    const entry = ([at, name]) => el('li', {}, name === undefined ? nodeLink(at) : el('a', { class: 'mono',
      href: address('lineage', [nodes[at].id], { column: name }) }, `${nodes[at].name}.${name}`));
    const names = new Set(found.filter(([, name]) => name === undefined).map(([at]) => at));
    drawing.light(null, wanted && names.size ? names : null);
    const most = 100;
    const grouped = wanted ? [el('ul', {}, found.slice(0, most).map(entry))] : kinds.filter((kind) => !away.has(kind)).map((kind) => {
      const members = nodes.map((_, at) => at).filter((at) => nodes[at].kind === kind && (folder < 0 || folderOf.get(at) === folder));
      if (!members.length) return '';
      return el('div', {}, el('h2', { class: `kind chip kind-${kind}` }, `${kind} (${members.length})`),
        el('ul', {}, members.slice(0, most).map((at) => el('li', {}, nodeLink(at))),
          members.length > most ? el('li', { class: 'soft' }, `${members.length - most} more: type to narrow the list.`) : ''));
    });
    aside.replaceChildren(
      el('p', { class: 'soft', role: 'status' }, wanted ? `${plural(found.length, 'match', 'matches')}` :
        folder >= 0 ? `${plural(folders.members[folder].length, 'node')} of ${folders.graph.nodes[folder].name}, with their neighbours.` :
          `${plural(nodes.length, 'node')}, ${plural(page.graph.edges.length, 'edge')}. Choose one to see what it is made from and who reads it.`),
      folder >= 0 ? el('a', { href: address('lineage') }, 'Show everything') : '',
      ...grouped,
      wanted && found.length > most ? el('p', { class: 'soft' }, `${found.length - most} more: type to narrow the list.`) : '');
  }

  function columnPart(at, name) {
    const index = nodes[at].columns.indexOf(name);
    const row = ([from, fromColumn, to, toColumn, how], up) => {
      const [other, column] = up ? [from, fromColumn] : [to, toColumn];
      const text = column >= 0 ? `${nodes[other].name}.${nodes[other].columns[column]}` : nodes[other].name;
      return el('li', {}, el('a', { class: 'mono', href: address('lineage', [nodes[other].id],
        column >= 0 ? { column: nodes[other].columns[column] } : {}) }, text), ' ', el('span', { class: 'soft' }, how));
    };
    const into = linksInto.get(`${at}:${index}`) || [];
    const from = linksFrom.get(`${at}:${index}`) || [];
    return el('div', {}, el('h3', {}, 'Column ', code(name)),
      el('p', { class: 'soft' }, into.length ? 'made from' : 'made from nothing that is known'),
      el('ul', {}, into.map((link) => row(link, true))),
      el('p', { class: 'soft' }, from.length ? 'goes into' : 'goes into nothing that is known'),
      el('ul', {}, from.map((link) => row(link, false))));
  }

  function panel(at, column) {
    const node = nodes[at];
    const model = page.models[at];
    const units = page.units.filter((unit) => unit.node === at);
    const deciding = (linksInto.get(`${at}:-1`) || []).map(([from, index]) => `${nodes[from].name}.${nodes[from].columns[index]}`);
    const part = (title, content) => el('div', {}, el('h3', {}, title), content);
    const upstream = reach(at, reads);
    const downstream = reach(at, readers);
    const facts = [['what', sub(node)]];
    if (model) facts.push(['file', code(model.path)], ['was', code(model.relation)]);
    if (model && model.schema) facts.push(['schema', code(model.schema)]);
    if (model && model.manual) facts.push(['by hand', model.manual]);
    if (units.length) {
      facts.push(['from', units.slice(0, 8).map((unit) => el('div', {}, el('a', { class: 'mono',
        href: address('compare', [unit.script === null ? 0 : unit.script, page.units.indexOf(unit)]) },
      filePlace(unit.file, unit.first_line, unit.last_line))))]);
    }
    if (page.owners[at]) facts.push(['owner', page.owners[at]]);
    facts.push(['upstream', `${upstream.size}`], ['downstream', `${downstream.size}`]);
    aside.replaceChildren(
      el('div', {}, el('h2', {}, node.name), model && model.description ? el('p', {}, model.description) : ''),
      el('dl', { class: 'facts' }, facts.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      column ? columnPart(at, column) : '',
      part('Reads', reads[at].length ? nodeList(reads[at]) : el('p', { class: 'soft' }, 'nothing')),
      part('Read by', readers[at].length ? nodeList(readers[at]) : el('p', { class: 'soft' }, 'nothing')),
      node.columns.length ? part(`Columns (${node.columns.length})`, el('ul', {}, node.columns.map((name) =>
        el('li', {}, el('a', { class: 'mono', href: address('lineage', [node.id], { column: name }),
          'aria-current': name === column ? 'true' : null }, name))))) : '',
      deciding.length ? part('Rows decided by', el('ul', {}, [...new Set(deciding)].map((name) => el('li', {}, code(name))))) : '',
      model ? part('Build it', command(`dbt build -s +${node.name}`)) : '',
      model ? el('a', { href: address('breaks', [node.id]) }, 'When it breaks') : '',
      el('button', { class: 'plain', type: 'button', onclick: () => go('lineage') }, 'Show everything'));
  }

  /** The folders, with the chosen one in the panel. */
  function showFolders(at) {
    const { graph, members } = folders;
    const others = (end, start) => graph.edges.filter((edge) => edge[start] === at).map((edge) => edge[end]);
    const link = (other) => el('li', {}, el('a', { class: 'mono', href: address('lineage', [graph.nodes[other].id], { by: 'folder' }) },
      graph.nodes[other].name), ' ', el('span', { class: 'soft' }, plural(members[other].length, 'node')));
    if (at < 0) {
      folderDrawing.light(null, null);
      aside.replaceChildren(el('p', { class: 'soft', role: 'status' }, `${plural(members.length, 'folder')}. Choose one to see what is in it.`),
        el('ul', {}, members.map((_, other) => link(other))));
      return;
    }
    const [into, from] = [others('from', 'to'), others('to', 'from')];
    folderDrawing.light(at, new Set([at, ...into, ...from]));
    const part = (title, list) => [el('h3', {}, title), list.length ? el('ul', {}, list.map(link)) : el('p', { class: 'soft' }, 'nothing')];
    aside.replaceChildren(el('h2', {}, graph.nodes[at].name),
      el('a', { href: address('lineage', [], { folder: graph.nodes[at].id }) }, 'Open this folder in the graph'),
      part('Reads', into), part('Read by', from), el('h3', {}, `Holds (${members[at].length})`), nodeList(members[at]));
  }

  let first = true;
  let firstFolders = true;
  return (parts, query) => {
    const gathered = Boolean(folders) && query.by === 'folder';
    drawing.element.classList.toggle('hidden', gathered);
    if (folders) {
      folderDrawing.element.classList.toggle('hidden', !gathered);
      byFolder.setAttribute('aria-pressed', String(gathered));
    }
    if (gathered) {
      const at = folderNumber(parts[0]);
      showFolders(at);
      if (firstFolders) folderDrawing.start();
      firstFolders = false;
      if (at >= 0) folderDrawing.reveal(at);
      return;
    }
    folder = query.folder ? folderNumber(query.folder) : -1;
    const at = numberOf.get(parts[0]);
    chosen = at === undefined ? null : at;
    const index = chosen === null ? -1 : nodes[at].columns.indexOf(query.column);
    const everything = allOpen ? nodes.map((_, each) => each) : [];
    if (chosen === null) {
      drawing.setOpen(everything);
      drawing.traceColumns(new Set(), []);
      filter();
    } else if (index >= 0) {
      const { marked, links } = traceColumn(at, index);
      const touched = new Set([...marked].map((key) => Number(key.split(':')[0])));
      drawing.setOpen(allOpen || touched.size > 24 ? [...everything, at] : [...touched]);
      drawing.light(at, touched);
      drawing.traceColumns(marked, links);
      filter();
      panel(at, query.column);
    } else {
      drawing.setOpen([...everything, at]);
      drawing.light(at, new Set([at, ...reach(at, reads), ...reach(at, readers)]));
      drawing.traceColumns(new Set(), []);
      filter();
      panel(at);
    }
    if (first) drawing.start();
    first = false;
    if (chosen !== null) drawing.reveal(at);
  };
});
