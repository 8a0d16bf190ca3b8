// The frame: heading, navigation, theme, and the view that the address asks for.

const main = document.getElementById('main');

function heading() {
  const kinds = (kind) => nodes.filter((node) => node.kind === kind).length;
  const title = page.title || 'Lineage report';
  document.title = `${visible(title)} \u00b7 lineage`;
  document.getElementById('title').textContent = visible(title);
  const models = Object.keys(page.models).length;
  const account = page.account;
  const parts = [plural(page.scripts.length, 'script')];
  if (account) {
    parts.push(`${plural(account.statements, 'statement')}: ${account.model} in models, ${account.config} settings, ${account.dropped} dropped, ${account.manual} by hand`);
    parts.push(`${plural(models, 'model')} over ${plural(kinds('source'), 'source')}`);
  } else {
    parts.push(plural(page.units.length, 'statement'), plural(nodes.length, 'relation'));
  }
  document.getElementById('summary').textContent = parts.join('  \u00b7  ');
}

function theme() {
  const button = document.getElementById('theme');
  const remembered = (() => { try { return localStorage.getItem('refract-theme'); } catch { return null; } })();
  const system = matchMedia('(prefers-color-scheme: dark)');
  let chosen = remembered;
  const apply = () => {
    const now = chosen || (system.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = now;
    button.textContent = now === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to the ${now === 'dark' ? 'light' : 'dark'} theme`);
  };
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('refract-theme', chosen); } catch { /* a page from disk may have no memory */ }
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}

function ready(view) {
  if (view.section) return;
  view.section = el('section', { class: 'view', id: `view-${view.name}`, 'aria-label': view.title });
  // In the order of the navigation, which is also that of a print.
  const next = views.slice(views.indexOf(view) + 1).find((other) => other.section);
  main.insertBefore(view.section, next ? next.section : null);
  view.update = view.build(view.section);
}

let shown = null;

function showPlace() {
  const asked = place();
  const view = views.find((each) => each.name === asked.view) || views[0];
  ready(view);
  for (const each of views) {
    if (each.section) each.section.classList.toggle('hidden', each !== view);
    if (each === view) each.link.setAttribute('aria-current', 'page');
    else each.link.removeAttribute('aria-current');
  }
  if (shown && shown !== view) main.scrollTop = 0;
  const mine = asked.view === view.name;
  view.update(mine ? asked.parts : [], mine ? asked.query : {});
  shown = view;
}

const navigation = document.getElementById('views');
for (const view of views) {
  view.link = el('a', { href: address(view.name) }, view.title,
    view.count === null ? '' : el('span', { class: 'count' }, view.count));
  navigation.append(view.link);
}
document.querySelector('.skip').addEventListener('click', (event) => { event.preventDefault(); main.focus(); });
heading();
theme();
addEventListener('hashchange', showPlace);
addEventListener('beforeprint', () => {
  for (const view of views) {
    if (!view.section) { ready(view); view.update([], {}); }
  }
});
showPlace();
