import { appendFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;
const entries = ['theme', 'shell', 'viewer', 'form', 'dashboard', 'playground'];

const fonts = ['atkinson-hyperlegible-next', 'atkinson-hyperlegible-mono'];
const dist = resolve(here, '../static/dist');

/** The bundler lists the licences of scripts only; fonts come in by style sheets. */
const fontLicences = {
  name: 'font-licences',
  closeBundle() {
    for (const font of fonts) {
      const text = readFileSync(resolve(here, `node_modules/@fontsource-variable/${font}/LICENSE`), 'utf8');
      appendFileSync(resolve(dist, 'THIRD-PARTY.md'), `\n## ${font} (OFL-1.1)\n\n${text}\n`);
    }
  },
};

export default defineConfig({
  plugins: [fontLicences],
  root: here,
  base: '/static/dist/', // the same as BASE_PATH in web/assets.py
  publicDir: resolve(here, 'public'),
  build: {
    outDir: dist,
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: ['chrome125', 'firefox128', 'safari17.5'], // light-dark(), popover, :has()
    sourcemap: false,
    assetsInlineLimit: 0, // fonts stay files: the content security policy allows font-src 'self'
    license: { fileName: 'THIRD-PARTY.md' },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      checks: { eval: false }, // htmx's own, switched off by allowEval in the page's htmx-config
      input: Object.fromEntries(entries.map((name) => [name, resolve(here, `src/${name}.js`)])),
    },
  },
});
