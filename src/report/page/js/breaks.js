// What a failure costs and what a renamed column breaks, before and after; and what watches over the models.

if (page.converted && Object.keys(page.models).length) {
  addView('breaks', 'When it breaks', null, (section) => {
    section.classList.add('page');
    const models = nodes.map((_, at) => at).filter((at) => page.models[at]);
    const sources = nodes.map((_, at) => at).filter((at) => nodes[at].kind === 'source');
    const failure = el('div');
    const rename = el('div');
    let query = {};
    const modelChoice = picker('Model that fails', models.map((at) => [nodes[at].id, nodes[at].name]), (id) => go('breaks', [id], query));
    const columns = sources.flatMap((at) => (nodes[at].columns.length ? nodes[at].columns : ['']).map((name) =>
      [`${nodes[at].id}|${name}`, name ? `${nodes[at].name}.${name}` : nodes[at].name]));
    const columnChoice = picker('Column that is renamed', columns, (value) => go('breaks', [chosen], { column: value }));
    let chosen = '';
    section.append(el('div', {}, el('h2', {}, 'A model fails'), el('p', { class: 'soft' }, 'What is lost and what must run again.')),
      el('div', { class: 'bar' }, modelChoice.element), failure,
      el('div', {}, el('h2', {}, 'A column of a source is renamed'), el('p', { class: 'soft' }, 'Where the new name must be written.')),
      el('div', { class: 'bar' }, columnChoice.element), rename);

    const block = (title, ...content) => el('div', { class: 'block' }, el('h3', {}, title), content);
    const unitLink = (number) => {
      const unit = page.units[number];
      return el('a', { class: 'mono', href: address('compare', [unit.script, number]) }, filePlace(unit.file, unit.first_line, unit.last_line));
    };

    function fails(at) {
      const model = page.models[at];
      const again = [at, ...reach(at, readers)].filter((each) => page.models[each] || nodes[each].kind === 'snapshot');
      const upstream = [...reach(at, reads)].filter(isBuilt);
      const rest = nodes.filter((_, each) => isBuilt(each)).length - again.length - upstream.length;
      const scripts = [...new Set(model.units.map((number) => page.units[number].script).filter((script) => script !== null))];
      const lost = scripts.map((script) => {
        const of = page.units.filter((unit) => unit.script === script && unit.node !== null);
        const earlier = new Set(of.filter((unit) => unit.first_line < Math.min(...model.units.map((number) => page.units[number].first_line)))
          .map((unit) => unit.node));
        const vanished = [...earlier].filter((node) => page.models[node] && page.models[node].changes.some((change) => change.kind === 'kept'));
        return el('div', {}, el('p', {}, `${page.scripts[script].name} starts again from its first line: ${plural(of.length, 'statement')} that moves rows`.replace(/statements that moves/, 'statements that move'), '.'),
          vanished.length ? [el('p', {}, `${plural(vanished.length, 'temporary table')} made before the failure is gone with the session:`.replace(/tables made before the failure is/, 'tables made before the failure are')), nodeList(vanished)] : '');
      });
      const direct = reads[at].filter((each) => page.models[each]);
      return [el('div', { class: 'columns' },
        block('Before: the script', lost.length ? lost : el('p', { class: 'soft' }, 'No statement of the input is this model alone: it was made for the project.')),
        block('After: the project', el('p', {}, `${upstream.length ? `What was built before it stays (${upstream.length})` : 'Nothing has to be built before it'}${rest > 0 ? `; ${rest} others are not touched` : ''}.`),
          el('p', {}, `${plural(again.length, 'model')} to run again:`), nodeList(again), command(`dbt build -s ${nodes[at].name}+`))),
      block('Look at the rows that went in', direct.length ? direct.map((each) => command(`dbt show -s ${nodes[each].name} --limit 50`))
        : el('p', { class: 'soft' }, 'It reads sources only.'), el('p', { class: 'soft' }, 'Its checks, once mended:'), command(`dbt test -s ${nodes[at].name}`))];
    }

    function renamed(at, column) {
      const touching = readers[at].filter((each) => page.models[each]);
      const index = nodes[at].columns.indexOf(column);
      const uses = touching.filter((each) => index < 0 || !page.graph.links.length ||
        page.graph.links.some(([from, fromColumn, to]) => from === at && fromColumn === index && to === each));
      const files = uses.length ? uses : touching;
      const named = page.units.map((_, number) => number).filter((number) => page.units[number].reads.includes(nodes[at].name));
      const marked = index < 0 ? new Set() : new Set([...traceColumn(at, index).marked].map((key) => Number(key.split(':')[0])));
      marked.delete(at);
      const hit = marked.size ? [...marked] : [...reach(at, readers)].filter((each) => page.models[each]);
      return el('div', { class: 'columns' },
        block('Before: the scripts', el('p', {}, `${plural(named.length, 'statement')} that names ${nodes[at].name}, each to be found and changed by hand:`.replace(/statements that names/, 'statements that name')),
          el('ul', { class: 'list' }, named.slice(0, 30).map((number) => el('li', {}, unitLink(number)))),
          el('p', {}, `Until then ${plural(hit.length, 'step')} would fail or be wrong:`), nodeList(hit)),
        block('After: the project', el('p', {}, files.length === 1 ? 'One file changes:' : `${files.length} files change:`),
          el('ul', { class: 'list' }, files.map((each) => el('li', {}, code(page.models[each].path)))),
          column ? el('p', {}, 'Select the new name there and give it the old one: ', code(`new_name AS ${column}`), '. All that reads it stays as it is.') : ''));
    }

    return (parts, asked) => {
      query = asked;
      const at = numberOf.get(parts[0]);
      // Without a choice: the first one that stands between others.
      const between = models.find((each) => readers[each].length && reads[each].some((other) => page.models[other]));
      const model = at !== undefined && page.models[at] ? at : between === undefined ? models[0] : between;
      chosen = nodes[model].id;
      modelChoice.set(chosen);
      failure.replaceChildren(el('div', { style: 'display:flex;flex-direction:column;gap:18px' }, fails(model)));
      const [id, column] = (asked.column || (columns[0] ? columns[0][0] : '|')).split(/\|(?=[^|]*$)/);
      const source = numberOf.get(id);
      columnChoice.set(`${id}|${column}`);
      rename.replaceChildren(source === undefined ? el('p', { class: 'soft' }, 'There is no source.') : renamed(source, column));
    };
  });

  addView('checks', 'Before it breaks', null, (section) => {
    section.classList.add('page');
    const layers = ['staging', 'intermediate', 'marts'].filter((kind) => nodes.some((node) => node.kind === kind));
    const of = (kind) => nodes.map((_, at) => at).filter((at) => nodes[at].kind === kind);
    const tested = (at) => page.models[at].tests.length > 0;
    section.append(el('div', {}, el('h2', {}, 'What is checked'), el('p', { class: 'soft' }, 'Tests that the project runs with every build, and the models that have none.')),
      el('div', { class: 'wide' }, el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Layer'),
        ['Models', 'With tests', 'Tests', 'Without'].map((name) => el('th', { scope: 'col', class: 'number' }, name)))),
      el('tbody', {}, layers.map((kind) => el('tr', {}, el('th', { scope: 'row' }, kindChip(kind)), [of(kind).length, of(kind).filter(tested).length,
        of(kind).reduce((sum, at) => sum + page.models[at].tests.length, 0), of(kind).filter((at) => !tested(at)).length]
        .map((value) => el('td', { class: 'number' }, value))))))),
      el('div', { class: 'wide' }, el('table', {}, el('thead', {}, el('tr', {}, ['Model', 'Column', 'Test', 'Why'].map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, layers.flatMap(of).flatMap((at) => (page.models[at].tests.length ? page.models[at].tests : [null]).map((test) => el('tr', {},
          el('td', {}, nodeLink(at)), test ? [el('td', { class: 'mono' }, test.column), el('td', { class: 'mono' }, test.kind, test.warn ? ' (warns)' : ''), el('td', {}, test.reason)]
            : el('td', { colspan: 3, class: 'soft' }, 'not checked')))))))
    );
    return () => {};
  });
}
