// The run as it is today, beside the waves that the graph allows. One step is one unit of time.

if (page.order.waves.length) {
  addView('order', 'Order', null, (section) => {
    section.classList.add('page');
    const serials = page.order.scripts;
    const saved = (before, after) => (before > after ? `${Math.round((1 - after / before) * 100)} % less` : 'no gain');
    const body = el('div');
    const choice = picker('Script', [['', 'Everything'], ...serials.map((serial, at) => [at, page.scripts[serial.script].name])],
      (at) => go('order', at === '' ? [] : [at]));
    section.append(el('div', {}, el('h2', {}, 'Order'),
      el('p', { class: 'soft' }, 'Today a script runs its steps one after the other. By the graph, every step starts as soon as all that it reads is there. Each step counts as one unit of time.')));
    if (serials.length > 1) section.append(el('div', { class: 'bar' }, choice.element));
    section.append(body);

    const figure = (value, text) => el('div', { class: 'figure' }, el('b', {}, value), el('span', {}, text));
    const chain = (list) => el('ol', { class: 'chain' }, list.map((at) => el('li', {}, nodeLink(at))));
    const widest = (waves) => Math.max(0, ...waves.map((wave) => wave.length));

    function figures(today, waves, longest) {
      return [el('div', { class: 'figures' }, figure(today, plural(today, 'unit', 'units').replace(/^\S+ /, '') + ' today'),
        figure(waves.length, 'by the graph'), figure(saved(today, waves.length), 'time'), figure(widest(waves), 'steps at once, at most')),
      el('div', {}, el('h3', {}, `Longest chain (${longest.length})`), chain(longest))];
    }

    /** One row a step: an empty bar for today, a full one for the graph. */
    function gantt(serial) {
      const wave = new Map();
      serial.waves.forEach((list, at) => list.forEach((node) => wave.set(node, at)));
      const long = new Set(serial.longest);
      const total = Math.max(1, serial.today.length, serial.waves.length);
      const rows = serial.today.flatMap((list, at) => list.map((node) => [node, at]));
      const bar = (at, kind, y) => svg('rect', { class: kind, x: `${(at / total) * 100}%`, y, width: `${100 / total}%`, height: 8, rx: 2 });
      return el('div', { class: 'wide' },
        el('p', { class: 'legend' }, el('span', {}, el('i', { style: 'border:1px solid var(--line-strong)' }), 'today'),
          el('span', {}, el('i', { style: 'background:var(--ink-soft)' }), 'by the graph'),
          el('span', {}, el('i', { style: 'background:var(--accent)' }), 'by the graph, on the longest chain')),
        el('table', { class: 'gantt' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Step'),
          el('th', { scope: 'col', class: 'number' }, 'Today'), el('th', { scope: 'col', class: 'number' }, 'Wave'),
          el('th', { scope: 'col' }, el('span', { class: 'unseen' }, 'Timeline')))),
        el('tbody', {}, rows.map(([node, at]) => el('tr', {}, el('th', { scope: 'row' }, nodeLink(node)),
          el('td', { class: 'number' }, at + 1), el('td', { class: 'number' }, wave.has(node) ? wave.get(node) + 1 : '\u2013'),
          el('td', { class: 'time' }, svg('svg', { 'aria-hidden': 'true' }, bar(at, 'today', 1),
            wave.has(node) ? bar(wave.get(node), long.has(node) ? 'longest' : 'graph', 11) : null)))))));
    }

    function everything() {
      const rows = serials.map((serial, at) => el('tr', {}, el('th', { scope: 'row' }, el('a', { href: address('order', [at]) }, page.scripts[serial.script].name)),
        el('td', {}, page.scripts[serial.script].kind), el('td', { class: 'number' }, serial.today.length),
        el('td', { class: 'number' }, serial.waves.length), el('td', { class: 'number' }, saved(serial.today.length, serial.waves.length)),
        el('td', { class: 'number' }, widest(serial.waves))));
      return [el('div', { class: 'figures' }, figure(page.order.waves.flat().length, 'steps in all'), figure(page.order.waves.length, 'waves by the graph'),
        figure(widest(page.order.waves), 'steps at once, at most')),
      el('div', {}, el('h3', {}, `Longest chain (${page.order.longest.length})`), chain(page.order.longest)),
      el('div', { class: 'wide' }, el('table', {}, el('caption', {}, 'Each script by itself, in units'), el('thead', {}, el('tr', {},
        el('th', { scope: 'col' }, 'Script'), el('th', { scope: 'col' }, 'Kind'), ['Today', 'By the graph', 'Time', 'At once'].map((name) => el('th', { scope: 'col', class: 'number' }, name)))),
      el('tbody', {}, rows))),
      el('div', { class: 'wide' }, el('table', {}, el('caption', {}, 'Waves of the whole'), el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'number' }, 'Wave'), el('th', { scope: 'col' }, 'Steps'))),
        el('tbody', {}, page.order.waves.map((wave, at) => el('tr', {}, el('td', { class: 'number' }, at + 1),
          el('td', {}, el('ul', { class: 'tags' }, wave.map((node) => el('li', {}, nodeLink(node))))))))))];
    }

    return (parts) => {
      const only = serials.length === 1 ? '0' : parts[0];
      const serial = serials[Number(only)];
      const chosen = only !== undefined && only !== '' && serial;
      choice.set(chosen ? only : '');
      const content = chosen ? [...figures(serial.today.length, serial.waves, serial.longest), gantt(serial)] : everything();
      body.replaceChildren(el('div', { class: 'page', style: 'display:flex;flex-direction:column;gap:18px' }, content));
    };
  });
}
