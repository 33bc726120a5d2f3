// Lints every shipped process with Camunda's own rules, for the platform version the file names.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const here = import.meta.dirname;
const processes = path.resolve(here, '../../processes');
const bundle = path.join(here, 'node_modules/.cache/linting.mjs');

// @camunda/linting is written for bundlers: its imports name no file extensions.
await build({
  stdin: { contents: "export { Linter } from '@camunda/linting'", resolveDir: here },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
});
const { Linter } = await import(pathToFileURL(bundle));

let reported = 0;
for (const id of readdirSync(processes)) {
  const file = path.join(processes, id, `${id}.bpmn`);
  if (!existsSync(file)) continue;
  const xml = readFileSync(file, 'utf8');
  const type = xml.includes('executionPlatform="Camunda Cloud"') ? 'cloud' : 'platform';
  const reports = await new Linter({ type }).lint(xml);
  for (const report of reports) {
    console.log(`${id} ${report.id} [${report.rule}] ${report.message}`);
  }
  console.log(`${id}: ${reports.length} reports`);
  reported += reports.length;
}
process.exitCode = reported ? 1 : 0;
