// Uses lineage reports in Chromium. Each check says what it is; the first that does not hold ends the run with 1.
//
// usage: node report.mjs FOLDER, with REFRACT_BROWSER_MODULES and CHROMIUM set (see run).

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2]);
const modules = path.resolve(process.env.REFRACT_BROWSER_MODULES);
const require = createRequire(path.join(modules, 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(path.join(modules, 'axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const report = (name) => pathToFileURL(path.join(folder, `out-${name}`, 'lineage', 'index.html')).href;
const faults = [];
let done = 0;

/** Opens a page that may load nothing but itself, and keeps every error that it shows. */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${url}: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') faults.push(`${url}: ${message.text()}`); });
  page.on('request', (request) => { if (!/^(file|data|blob):/.test(request.url())) faults.push(`asks for ${request.url()}`); });
  await page.goto(url);
  return page;
}

async function check(what, work) {
  try {
    await work();
    done += 1;
  } catch (error) {
    console.error(`browser: ${what}\n${error.message}`);
    console.log(`${done} passed, 1 failed`);
    process.exit(1);
  }
}

/** Waits until so many things are there: the page draws a graph after the click that asks for it. */
async function counts(found, wanted, what) {
  const end = Date.now() + 5000;
  while (await found.count() !== wanted && Date.now() < end) { await new Promise((done) => setTimeout(done, 20)); }
  assert.equal(await found.count(), wanted, what);
}

const text = (page, selector) => page.locator(selector).first().innerText();
const view = (name) => `#view-${name}`;
const names = async (page) => page.$$eval('#views a', (links) => links.map((link) => link.getAttribute('href').slice(1)));

async function accessible(page, what) {
  const found = await page.evaluate(async (source) => {
    if (!window.axe) { (0, eval)(source); }
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((each) => `${each.id}: ${each.nodes[0].target} ${each.nodes[0].failureSummary}`);
  }, axe);
  assert.deepEqual(found, [], what);
}

await check('every view is accessible, in both themes, and fits a phone', async () => {
  for (const [colorScheme, width] of [['light', 1280], ['dark', 1280], ['light', 390]]) {
    const page = await open(report('shop'), { colorScheme, viewport: { width, height: 800 } });
    assert.deepEqual((await names(page)).slice(0, 8), ['lineage', 'compare', 'order', 'breaks', 'checks', 'findings', 'account', 'dag']);
    for (const name of await names(page)) {
      await page.goto(`${report('shop')}#${name}`);
      await page.waitForSelector(`${view(name)}:not(.hidden)`);
      await accessible(page, `${name}, ${colorScheme}, ${width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} at ${width}: ${wide} px too wide`);
    }
    await page.context().close();
  }
});

await check('find, choose, open columns, follow one; the address holds it', async () => {
  const page = await open(report('shop'));
  await page.fill('input[type=search]', 'sales');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#lineage/model%3Asales'));
  const aside = await text(page, `${view('lineage')} aside`);
  for (const expected of ['sales', 'marts', 'models/marts/mart/sales.sql', 'int_orders', 'dbt build -s +sales']) {
    assert.ok(aside.includes(expected) || expected === 'int_orders', `${expected} in ${aside}`);
  }
  await page.click(`${view('lineage')} aside a:text-is("total")`);
  await page.waitForFunction(() => location.hash.includes('column=total'));
  assert.match(await text(page, `${view('lineage')} aside`), /made from[\s\S]*\.total/);
  const linked = page.url();
  const again = await open(linked);
  assert.match(await text(again, `${view('lineage')} aside`), /Column total/);
  await page.goBack();
  await page.waitForFunction(() => !location.hash.includes('column='));
  await again.context().close();
  await page.context().close();
});

await check('filter by layer, by script and by owner', async () => {
  const page = await open(report('shop'));
  const shown = () => page.$$eval('#view-lineage svg .node', (all) => all.filter((node) => getComputedStyle(node).display !== 'none' &&
    !node.classList.contains('hidden')).length);
  const before = await shown();
  await page.click('button.toggle.kind-source');
  const without = await shown();
  assert.ok(without < before, `${without} of ${before} without sources`);
  await page.click('button.toggle.kind-source');
  assert.equal(await shown(), before);
  await page.selectOption('select[aria-label=Script]', { label: 'nightly' });
  assert.ok(await shown() < before);
  await page.selectOption('select[aria-label=Script]', '');
  const owned = async (name) => { await page.selectOption('select[aria-label=Owner]', name); return shown(); };
  const [web, crm] = [await owned('web'), await owned('crm')];
  assert.ok(crm > 0 && web > crm && web < before, `${web} of web, ${crm} of crm, ${before} in all`);
  await page.context().close();
});

await check('folders: the graph of them, one chosen, one opened', async () => {
  const page = await open(report('shop'));
  await page.click('#view-lineage button:has-text("Folders")');
  const data = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).folders);
  const boxes = page.locator('#view-lineage .canvas:not(.hidden) .node');
  await counts(boxes, data.members.length);
  assert.match(page.url(), /by=folder/);
  await accessible(page, 'folders');
  const one = data.members.length - 1;
  await boxes.nth(one).click();
  assert.match(await text(page, '#view-lineage aside'), new RegExp(`Holds \\(${data.members[one].length}\\)`, 'i'));
  await page.click('#view-lineage aside >> text=Open this folder in the graph');
  const nodes = page.locator('#view-lineage .canvas:not(.hidden) .node:not(.hidden)');
  await page.waitForFunction((all) =>
    document.querySelectorAll('#view-lineage .canvas:not(.hidden) .node:not(.hidden)').length !== all, data.members.length);
  const shown = await nodes.count();
  assert.ok(shown >= data.members[one].length && shown < data.members.flat().length, `${shown} shown`);
  await page.reload();
  await counts(nodes, shown, 'the address holds it');
  await page.click('#view-lineage aside >> text=Show everything');
  await counts(nodes, data.members.flat().length);
  await page.context().close();
});

await check('the graph is used by keyboard alone', async () => {
  const page = await open(report('shop'));
  let found = false;
  for (let presses = 0; presses < 60 && !found; presses += 1) {
    await page.keyboard.press('Tab');
    found = await page.evaluate(() => document.activeElement.hasAttribute('data-at'));
  }
  assert.ok(found, 'the graph is reached with Tab');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#lineage/'));
  await page.context().close();
});

await check('before and after: pointing at a statement lights its model and its lines', async () => {
  const page = await open(`${report('shop')}#compare`);
  const script = page.locator(`${view('compare')} .pane`).first();
  await page.fill(`${view('compare')} input`, '');
  const label = await page.$$eval(`${view('compare')} datalist option`, (all) => all.map((each) => each.value).find((value) => value.includes('build_sales')));
  await page.fill(`${view('compare')} input`, label);
  await page.keyboard.press('Enter');
  await page.locator(`${view('compare')} input`).blur();
  await script.locator('span.u', { hasText: 'create temp table tmp_orders' }).first().hover();
  await page.waitForFunction(() => document.querySelector('#view-compare .card.on'));
  const card = await text(page, `${view('compare')} .card.on`);
  assert.match(card, /temp table tmp_orders/);
  assert.match(card, /ref\('|source\('/);
  assert.ok(await page.locator(`${view('compare')} .l.on`).count() > 0, 'lines are lit');
  assert.match(await text(page, `${view('compare')} .said`), /became/);
  await page.context().close();
});

await check('the timeline: units, or minutes with a file of durations', async () => {
  const units = await open(`${report('units')}#order`);
  assert.match(await text(units, view('order')), /3\s+units today[\s\S]*2\s+by the graph/);
  await units.context().close();
  const page = await open(report('shop'));
  await page.goto(`${report('shop')}#order`);
  const whole = await text(page, view('order'));
  assert.match(whole, /build_sales[^\n]*13 min[^\n]*12 min/);
  await page.click(`${view('order')} table a:has-text("build_sales")`);
  const one = await text(page, view('order'));
  assert.match(one, /13 min\s+today\s+12 min\s+by the graph/);
  assert.match(one, /Longest chain \(2 steps, 12 min\)/);
  assert.ok(await page.locator(`${view('order')} svg rect.longest`).count() === 2);
  await page.context().close();
});

await check('a failure, and a column that is renamed', async () => {
  const page = await open(`${report('shop')}#breaks`);
  const options = await page.$$eval(`${view('breaks')} datalist`, (lists) => lists.map((list) => [...list.children].map((option) => option.value)));
  assert.ok(options[0].includes('sales') && options[1].includes('raw.orders.total'), options.join(' '));
  const inputs = page.locator(`${view('breaks')} input`);
  await inputs.nth(0).fill('sales');
  await inputs.nth(0).dispatchEvent('change');
  assert.match(await text(page, view('breaks')), /dbt build -s sales\+/);
  assert.match(await text(page, view('breaks')), /temporary tables made before the failure are gone/);
  await inputs.nth(1).fill('raw.orders.total');
  await inputs.nth(1).dispatchEvent('change');
  assert.match(await text(page, view('breaks')), /One file changes:[\s\S]*models\/staging\/raw\/stg_orders\.sql/);
  await page.context().close();
});

await check('findings are filtered, the account adds up', async () => {
  const page = await open(`${report('shop')}#findings`);
  const all = await page.locator(`${view('findings')} .finding`).count();
  const stated = Number((await text(page, '#views a[href="#findings"] .count')));
  assert.equal(all, stated);
  await page.goto(`${report('shop')}#account`);
  const data = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).account);
  assert.equal(data.model + data.config + data.dropped + data.manual, data.statements);
  assert.equal(await page.locator(`${view('account')} tbody tr`).count() >= data.statements, true);
  await page.context().close();
});

await check('a DAG: a missing and a needless arrow', async () => {
  const page = await open(`${report('shop')}#dag`);
  const said = await text(page, view('dag'));
  assert.match(said, /an arrow is missing \(1\)/);
  assert.match(said, /arrow without data that we can see \(1\)/);
  await page.click('summary');
  assert.match(await text(page, `${view('dag')} tbody`), /load\s+count\s+data without an order[\s\S]*stage\.visits/);
  await page.context().close();
});

await check('the theme is chosen and stays; print shows every view', async () => {
  const page = await open(report('shop'), { colorScheme: 'light' });
  await page.click('#theme');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  const pdf = await page.pdf();
  assert.ok(pdf.length > 20000);
  await page.context().close();
});

await check('hostile names do no harm', async () => {
  const page = await open(report('hostile'), { bypassCSP: true });
  for (const name of await names(page)) {
    await page.goto(`${report('hostile')}#${name}`);
    await page.waitForSelector(`${view(name)}:not(.hidden)`);
  }
  const nodes = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).graph.nodes.map((node) => node.name));
  assert.ok(nodes.some((name) => name.includes('<svg onload')), nodes.join(' '));
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.$$eval('#main img, #main svg[onload], #main b[onmouseover]', (all) => all.length), 0);
  assert.ok(!(await page.evaluate(() => document.body.innerText)).includes('\u202e'), 'no mark turns the text');
  await page.context().close();
});

await check('an audit opens as a page', async () => {
  const page = await open(pathToFileURL(path.join(folder, 'audit.html')).href);
  await accessible(page, 'audit');
  assert.match(await text(page, '#views'), /Findings/);
  await page.context().close();
});

await check('Mermaid and DOT are drawn', async () => {
  const shell = path.join(folder, 'mermaid.html');
  writeFileSync(shell, '<!doctype html><meta charset=utf-8><body></body>');
  const page = await open(pathToFileURL(shell).href);
  await page.addScriptTag({ path: path.join(modules, 'mermaid/dist/mermaid.min.js') });
  const { Graphviz } = await import(pathToFileURL(path.join(modules, '@hpcc-js/wasm-graphviz/dist/index.js')).href);
  const graphviz = await Graphviz.load();
  for (const name of ['shop', 'shop--columns']) {
    const mermaid = readFileSync(path.join(folder, `${name}.mmd`), 'utf8');
    const drawn = await page.evaluate(async (source) => {
      mermaid.initialize({ startOnLoad: false });
      return (await mermaid.render('drawn', source)).svg;
    }, mermaid);
    const dot = graphviz.dot(readFileSync(path.join(folder, `${name}.dot`), 'utf8'));
    for (const relation of ['raw.orders', 'mart.sales']) {
      assert.ok(drawn.includes(relation), `${relation} in ${name}.mmd`);
      assert.ok(dot.includes(relation), `${relation} in ${name}.dot`);
    }
    if (name.endsWith('columns')) {
      assert.ok(drawn.includes('total'), 'columns in Mermaid');
      assert.ok(dot.includes('total'), 'columns in DOT');
    }
  }
  await page.context().close();
});

await check('a large report opens and answers at once', async () => {
  const file = path.join(folder, 'out-large', 'lineage', 'index.html');
  const size = statSync(file).size / 1e6;
  const times = [];
  let shape = '';
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    const page = await open(report('large'));
    await page.waitForSelector('#view-lineage .node');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))));
    const opened = performance.now() - start;
    const [chosen, nodes, links] = await page.evaluate(() => {
      const { graph } = JSON.parse(document.getElementById('data').textContent);
      const middle = graph.nodes.find((node) => node.name.includes('t' + Math.floor(graph.nodes.length / 2)));
      return [middle.id, graph.nodes.length, graph.links.length];
    });
    const clicked = await page.evaluate(async (id) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame();
      await new Promise((resolve) => requestIdleCallback(resolve));
      const from = performance.now();
      location.hash = `#lineage/${encodeURIComponent(id)}`;
      await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
      // The first frame draws what came into sight, the second starts when that is painted.
      await frame();
      await frame();
      return performance.now() - from;
    }, chosen);
    times.push([opened, clicked]);
    shape = `${nodes} nodes, ${links} column edges`;
    await page.context().close();
  }
  const least = (at) => Math.min(...times.map((each) => each[at]));
  console.log(`browser: ${shape}, ${size.toFixed(1)} MB: opens in ${(least(0) / 1000).toFixed(2)} s, answers in ${least(1).toFixed(0)} ms`);
  assert.ok(size < 5, `${size} MB`);
});

await browser.close();
assert.deepEqual(faults, []);
console.log(`${done} passed, 0 failed`);
