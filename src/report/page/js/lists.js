// Findings, and the account of every statement.

const severities = ['error', 'warning', 'info'];

addView('findings', 'Findings', page.findings.length, (section) => {
  section.classList.add('page');
  const list = el('div');
  const status = el('span', { class: 'soft', role: 'status' });
  const codes = [...new Set(page.findings.map((finding) => finding.code))].sort();
  const severity = el('select', { 'aria-label': 'Severity' }, el('option', { value: '' }, 'All severities'), severities.map((name) => el('option', {}, name)));
  const byCode = el('select', { 'aria-label': 'Code' }, el('option', { value: '' }, 'All codes'), codes.map((name) => el('option', { value: name }, `${name} ${page.codes[name]}`)));
  const choose = () => go('findings', [], { severity: severity.value, code: byCode.value });
  severity.addEventListener('change', choose);
  byCode.addEventListener('change', choose);
  section.append(el('h2', {}, 'Findings'), el('div', { class: 'bar' }, severity, byCode, status), list);
  const fileNumber = new Map(page.files.map((file, at) => [file.path, at]));

  function excerpt(finding) {
    const file = page.files[fileNumber.get(finding.path)];
    const line = file && finding.line ? file.text.split('\n', finding.line)[finding.line - 1] : undefined;
    if (line === undefined) return '';
    return el('div', { class: 'excerpt' }, codeLines(line.length > 400 ? line.slice(0, 400) + '\u2026' : line, finding.line, (text) => text));
  }

  function place(finding) {
    if (!finding.path) return 'the run as a whole';
    const text = `${finding.path}:${finding.line}`;
    const file = fileNumber.get(finding.path);
    const inside = page.units.map((_, number) => number).filter((number) => page.units[number].file === file && page.units[number].script !== null &&
      page.units[number].first_line <= finding.line && page.units[number].last_line >= finding.line);
    const size = (number) => page.units[number].end - page.units[number].start;
    inside.sort((a, b) => size(a) - size(b));
    return inside.length ? el('a', { class: 'mono', href: address('compare', [page.units[inside[0]].script, inside[0]]) }, text) : el('span', { class: 'mono' }, text);
  }

  return (parts, query) => {
    severity.value = query.severity || '';
    byCode.value = query.code || '';
    const found = page.findings.filter((finding) => (!query.severity || finding.severity === query.severity) && (!query.code || finding.code === query.code));
    found.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
    status.textContent = plural(found.length, 'finding');
    const entry = (finding) => el('article', { class: 'finding' }, el('span', { class: `severity severity-${finding.severity}` }, finding.severity),
      el('div', {}, el('p', {}, el('b', {}, finding.message)), el('p', { class: 'soft' }, `${finding.code} ${page.codes[finding.code]}, `, place(finding)),
        finding.help ? el('p', {}, finding.help) : ''), excerpt(finding));
    const most = 200;
    list.replaceChildren(...found.slice(0, most).map(entry));
    if (!found.length) list.append(el('p', { class: 'note' }, 'Nothing to say.'));
    if (found.length > most) {
      const more = el('button', { class: 'quiet', type: 'button', onclick: () => { more.remove(); list.append(...found.slice(most).map(entry)); } }, `${found.length - most} more`);
      list.append(more);
    }
  };
});

if (page.account) {
  addView('account', 'Account', page.account.statements, (section) => {
    section.classList.add('page');
    const fates = ['model', 'config', 'dropped', 'manual'];
    const words = { model: 'became part of a model', config: 'became a setting', dropped: 'dropped, with a reason', manual: 'left for a person' };
    const account = page.account;
    const shown = (fate) => el('a', { href: address('account', [], { fate }) }, words[fate]);
    const body = el('tbody');
    const status = el('p', { class: 'soft', role: 'status' });
    section.append(el('div', {}, el('h2', {}, 'Account'), el('p', { class: 'soft' }, 'Every statement of the input stands in exactly one row.')),
      el('div', { class: 'figures' }, el('div', { class: 'figure' }, el('b', {}, account.statements), el('span', {}, 'statements')),
        fates.map((fate) => el('div', { class: 'figure' }, el('b', {}, account[fate]), shown(fate)))),
      el('div', { class: 'stack', 'aria-hidden': 'true' }, fates.map((fate) => el('i', { class: `fate-${fate}`, style: `width:${(account[fate] / Math.max(1, account.statements)) * 100}%` }))),
      el('p', {}, `${fates.map((fate) => account[fate]).join(' + ')} = ${account.statements}`), status,
      el('div', { class: 'wide' }, el('table', {}, el('thead', {}, el('tr', {}, ['Place', 'Statement', 'Fate', 'Model', 'Reason'].map((name) => el('th', { scope: 'col' }, name)))), body)));
    return (parts, query) => {
      const numbers = page.units.map((_, number) => number).filter((number) => !query.fate || page.units[number].fate === query.fate);
      status.replaceChildren(query.fate ? el('span', {}, `Only those that ${({ model: 'became part of a model', config: 'became a setting', dropped: 'were dropped', manual: 'are left for a person' })[query.fate]}. `,
        el('a', { href: address('account') }, 'Show all')) : '');
      const row = (number) => {
        const unit = page.units[number];
        const at = filePlace(unit.file, unit.first_line, unit.last_line);
        return el('tr', {}, el('td', {}, unit.script === null ? code(at) : el('a', { class: 'mono', href: address('compare', [unit.script, number]) }, at)),
          el('td', {}, unit.what), el('td', {}, el('span', { class: unit.fate === 'manual' ? 'severity-error' : '' }, unit.fate)),
          el('td', {}, unit.node === null ? '' : nodeLink(unit.node)), el('td', {}, unit.reason));
      };
      const most = 500;
      body.replaceChildren(...numbers.slice(0, most).map(row));
      if (numbers.length > most) {
        const more = el('tr', {}, el('td', { colspan: 5 }, el('button', { class: 'quiet', type: 'button', onclick: () => { more.remove(); body.append(...numbers.slice(most).map(row)); } }, `${numbers.length - most} more`)));
        body.append(more);
      }
    };
  });
}
