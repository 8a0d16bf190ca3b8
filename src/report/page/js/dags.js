// The arrows of a DAG and what its data says, laid over each other.

if (page.dags.length) {
  addView('dag', page.dags.length > 1 ? 'DAGs' : 'DAG', null, (section) => {
    section.classList.add('dag');
    const words = {
      both: 'arrow, with data behind it', arrow: 'arrow without data that we can see', ordered: 'data, put in order by other arrows',
      missing: 'data without an order: an arrow is missing', reversed: 'data against the arrows: the reader runs first',
    };
    const choice = picker('DAG', page.dags.map((dag, at) => [at, dag.id]), (at) => go('dag', [at]));
    const drawn = el('div', { class: 'canvas' });
    const below = el('div', { class: 'below' });
    const legend = el('div', { class: 'legend bar' });
    section.append(el('div', { class: 'bar' }, page.dags.length > 1 ? choice.element : el('h2', {}, page.dags[0].id), legend), drawn, below);
    let current = null;
    return (parts) => {
      const at = page.dags[Number(parts[0])] ? Number(parts[0]) : 0;
      if (at === current) return;
      current = at;
      choice.set(at);
      const dag = page.dags[at];
      const tasks = dag.tasks.map((task) => ({ ...task, name: task.task_id, columns: [], kind: task.writes.length ? 'table' : 'source' }));
      const graph = { ...dag, nodes: tasks };
      const drawing = picture(graph, {
        label: `Tasks of ${dag.id}: arrows and data. Arrow keys move along the edges.`,
        describe: (task) => `reads ${tasks[task].reads.join(', ') || 'nothing'}, writes ${tasks[task].writes.join(', ') || 'nothing'}`,
        sub: (task) => task.operator,
        choose: (task) => drawing.light(task, task === null ? null : new Set([task, ...dag.edges.flatMap((edge) => (edge.from === task ? [edge.to] : edge.to === task ? [edge.from] : []))])),
      });
      drawn.replaceChildren(drawing.element);
      drawing.element.style.height = '100%';
      drawing.element.style.border = '0';
      drawing.start();
      const present = Object.keys(words).filter((status) => dag.edges.some((edge) => edge.status === status));
      legend.replaceChildren(...present.map((status) => el('span', {}, svg('svg', { 'aria-hidden': 'true' },
        svg('path', { class: `edge status-${status}`, d: 'M0,5H30' })), `${words[status]} (${dag.edges.filter((edge) => edge.status === status).length})`)));
      below.replaceChildren(el('details', {}, el('summary', {}, 'The same as a table'), el('div', { class: 'wide' }, el('table', {},
        el('thead', {}, el('tr', {}, ['From', 'To', 'What it is', 'Tables between'].map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, dag.edges.map((edge) => {
          const [from, to] = [dag.tasks[edge.from], dag.tasks[edge.to]];
          return el('tr', {}, el('td', { class: 'mono' }, from.task_id), el('td', { class: 'mono' }, to.task_id),
            el('td', { class: ['missing', 'reversed'].includes(edge.status) ? 'severity-error' : '' }, words[edge.status]),
            el('td', { class: 'mono' }, from.writes.filter((name) => to.reads.includes(name)).join(', ')));
        })))))); 
    };
  });
}
