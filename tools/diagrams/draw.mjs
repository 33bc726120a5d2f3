// Draws the shipped processes: node draw.mjs [--pictures FOLDER] [PROCESS_ID ...]
//
// Each description under descriptions/ becomes processes/<id>/<id>.bpmn. Drawing twice gives the
// same file. CHROMIUM names the browser's program, /usr/bin/chromium unless told.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const processes = path.resolve(here, '../../processes');
const { version } = require('camunda-bpmn-js/package.json');

const PLATFORMS = {
  'Camunda Cloud': {
    namespace: 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"',
    processAttributes: '',
    bundle: 'camunda-cloud-modeler',
  },
  'Camunda Platform': {
    namespace: 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"',
    processAttributes: 'camunda:historyTimeToLive="P180D"',
    bundle: 'camunda-platform-modeler',
  },
};

const complete = (description) => ({
  ...description,
  platform: { ...description.platform, ...PLATFORMS[description.platform.name] },
  exporter: { name: 'camunda-bpmn-js', version },
});

const openModeler = async (browser, bundle) => {
  const page = await browser.newPage({ viewport: { width: 2000, height: 1400 } });
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.setContent('<!doctype html><body></body>');
  await page.addScriptTag({
    path: require.resolve(`camunda-bpmn-js/dist/${bundle}.production.min.js`),
  });
  await page.addScriptTag({ path: path.join(here, 'author.js') });
  return page;
};

const savePicture = async (browser, page, xml, file) => {
  const { svg, warnings } = await page.evaluate((text) => window.picture(text), xml);
  if (warnings.length) throw new Error(`Expected a clean import, but: ${warnings.join('; ')}`);
  const [, width, height] = svg.match(/<svg[^>]* width="([\d.]+)" height="([\d.]+)"/);
  const sheet = await browser.newPage({
    viewport: { width: Math.ceil(width) + 40, height: Math.ceil(height) + 40 },
  });
  await sheet.setContent(`<body style="margin:20px;background:white">${svg.slice(svg.indexOf('<svg'))}</body>`);
  await sheet.screenshot({ path: file });
  await sheet.close();
};

const { values, positionals } = parseArgs({
  options: { pictures: { type: 'string' } },
  allowPositionals: true,
});
const wanted = positionals.length
  ? positionals
  : readdirSync(path.join(here, 'descriptions')).map((file) => path.basename(file, '.mjs'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const id of wanted) {
    const { default: described } = await import(`./descriptions/${id}.mjs`);
    const description = complete(described);
    const page = await openModeler(browser, description.platform.bundle);
    const xml = await page.evaluate((data) => window.author(data), description);
    const file = path.join(processes, id, `${id}.bpmn`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, xml);
    if (values.pictures) {
      await savePicture(browser, page, readFileSync(file, 'utf8'), path.join(values.pictures, `${id}.png`));
    }
    await page.close();
    console.log(`${id}: drawn`);
  }
} finally {
  await browser.close();
}
