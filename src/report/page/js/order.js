// The run as it is today, beside what the graph allows: in units, one a step, or in minutes where durations are known.

if (page.order.waves.length) {
  addView('order', 'Order', null, (section) => {
    section.classList.add('page');
    const serials = page.order.scripts;
    const saved = (before, after) => (before > after ? `${Math.round((1 - after / before) * 100)} % less` : 'no gain');
    const body = el('div');
    const choice = picker('Script', [['', 'Everything'], ...serials.map((serial, at) => [at, page.scripts[serial.script].name])],
      (at) => go('order', at === '' ? [] : [at]));
    section.append(el('div', {}, el('h2', {}, 'Order'),
      el('p', { class: 'soft' }, `Today a script runs its steps one after the other. By the graph, every step starts as soon as all that it reads is there. ${page.order.minutes ? 'Times are those of the file of durations.' : 'Each step counts as one unit of time.'}`)));
    if (serials.length > 1) section.append(el('div', { class: 'bar' }, choice.element));
    section.append(body);

    const figure = (value, text) => el('div', { class: 'figure' }, el('b', {}, value), el('span', {}, text));
    const chain = (list) => el('ol', { class: 'chain' }, list.map((at) => el('li', {}, nodeLink(at))));
    /** A length of time, or of units. */
    const time = (value) => (page.order.minutes ? `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} min` : String(Math.round(value)));
    const widestOf = (waves) => Math.max(0, ...waves.map((wave) => wave.length));

    function figures(serial) {
      const unit = page.order.minutes ? '' : plural(serial.today, 'unit', 'units').replace(/^\S+ /, '');
      return [el('div', { class: 'figures' }, figure(time(serial.today), `${unit} today`.trim()),
        figure(time(serial.graph), 'by the graph'), figure(saved(serial.today, serial.graph), 'time'), figure(serial.widest, 'steps at once, at most')),
      serial.unknown && page.order.minutes ? el('p', { class: 'note' }, `The duration of ${plural(serial.unknown, 'step')} is not known and counts as none.`) : '',
      el('div', {}, el('h3', {}, page.order.minutes ? `Longest chain (${plural(serial.longest.length, 'step')}, ${time(serial.graph)})` : `Longest chain (${serial.longest.length})`), chain(serial.longest))];
    }

    /** One row a step: an empty bar for today, a full one for the graph. */
    function gantt(serial) {
      const long = new Set(serial.longest);
      const total = Math.max(serial.today, serial.graph) || 1;
      const bar = (from, length, kind, y) => svg('rect', { class: kind, x: `${(from / total) * 100}%`, y, width: `${Math.max((length / total) * 100, 0.4)}%`, height: 8, rx: 2 });
      const at = (start) => (page.order.minutes ? time(start) : String(Math.round(start) + 1));
      const head = page.order.minutes ? ['Starts today', 'By the graph', 'Takes'] : ['Today', 'Wave'];
      return el('div', { class: 'wide' },
        el('p', { class: 'legend' }, el('span', {}, el('i', { style: 'border:1px solid var(--line-strong)' }), 'today'),
          el('span', {}, el('i', { style: 'background:var(--ink-soft)' }), 'by the graph'),
          el('span', {}, el('i', { style: 'background:var(--accent)' }), 'by the graph, on the longest chain')),
        el('table', { class: 'gantt' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Step'),
          head.map((name) => el('th', { scope: 'col', class: 'number' }, name)),
          el('th', { scope: 'col' }, el('span', { class: 'unseen' }, 'Timeline')))),
        el('tbody', {}, serial.bars.map((row) => el('tr', {}, el('th', { scope: 'row' }, nodeLink(row.node)),
          el('td', { class: 'number' }, at(row.today)), el('td', { class: 'number' }, at(row.graph)),
          page.order.minutes ? el('td', { class: 'number' }, time(row.length)) : null,
          el('td', { class: 'time' }, svg('svg', { 'aria-hidden': 'true' }, bar(row.today, row.length, 'today', 1),
            bar(row.graph, row.length, long.has(row.node) ? 'longest' : 'graph', 11))))))));
    }

    function everything() {
      const rows = serials.map((serial, at) => el('tr', {}, el('th', { scope: 'row' }, el('a', { href: address('order', [at]) }, page.scripts[serial.script].name)),
        el('td', {}, page.scripts[serial.script].kind), el('td', { class: 'number' }, time(serial.today)),
        el('td', { class: 'number' }, time(serial.graph)), el('td', { class: 'number' }, saved(serial.today, serial.graph)),
        el('td', { class: 'number' }, serial.widest)));
      return [el('div', { class: 'figures' }, figure(page.order.waves.flat().length, 'steps in all'), figure(page.order.waves.length, 'waves by the graph'),
        figure(widestOf(page.order.waves), 'steps at once, at most'), page.order.minutes ? figure(time(page.order.graph), 'by the graph') : ''),
      el('div', {}, el('h3', {}, page.order.minutes ? `Longest chain (${plural(page.order.longest.length, 'step')}, ${time(page.order.graph)})` : `Longest chain (${page.order.longest.length})`), chain(page.order.longest)),
      el('div', { class: 'wide' }, el('table', {}, el('caption', {}, page.order.minutes ? 'Each script by itself' : 'Each script by itself, in units'), el('thead', {}, el('tr', {},
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
      const content = chosen ? [...figures(serial), gantt(serial)] : everything();
      body.replaceChildren(el('div', { class: 'page', style: 'display:flex;flex-direction:column;gap:18px' }, content));
    };
  });
}
