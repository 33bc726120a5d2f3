// The diagram island: a BPMN viewer that shows where a process stands, and the same as a list.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './styles/diagram.css';
import { announce, fetchJson } from './page.js';
import { nameOf, sentence } from './viewer/words.js';
import { makeNavigable } from './viewer/keyboard.js';
import { showActivity } from './viewer/activity.js';
import { fillList } from './viewer/list.js';
import { readWarnings, showWarnings, warned } from './viewer/warnings.js';

const COLOURS = {
  defaultFillColor: 'var(--diagram-fill)',
  defaultStrokeColor: 'var(--diagram-stroke)',
  defaultLabelColor: 'var(--diagram-label)',
};

const MARGIN = 36; // pixels round a fitted diagram: room for what stands above an element
const UNDRAWN = 'no diagram to display'; // what bpmn-js says of a file without BPMN DI
const WHERE_IT_IS_DRAWN = 'The file of this process says what happens, but not where it is drawn. Draw it in a modeler and deploy it again to see a diagram here.';
const READABLE = 0.55; // below this scale labels cannot be read

/** Where the middle of a view of this size may be, so that it shows no more emptiness than it must. */
const within = (wanted, start, size, view) => (size <= view
  ? start + size / 2
  : Math.min(Math.max(wanted, start + view / 2), start + size - view / 2));

/** The flow nodes of a file that draws none, in its order, as far as a list needs them. */
const undrawnNodes = (container) => (container.flowElements ?? [])
  .filter((node) => node.$type !== 'bpmn:SequenceFlow' && !node.$type.startsWith('bpmn:Data'))
  .flatMap((node) => [{ id: node.id, type: node.$type, businessObject: node }, ...undrawnNodes(node)]);

class Diagram {
  constructor(host) {
    this.host = host;
    this.part = (name) => host.querySelector(`[data-${name}]`);
    this.activity = { elements: {}, taken_flows: {} };
    this.warnings = readWarnings(host);
    this.viewer = new NavigatedViewer({ container: this.part('canvas'), bpmnRenderer: COLOURS });
    this.canvas = this.viewer.get('canvas');
    this.registry = this.viewer.get('elementRegistry');
  }

  async open() {
    const { xml, activity } = this.host.dataset;
    const [text, state] = await Promise.all([
      fetch(xml, { headers: { accept: 'application/xml' } }).then((response) => {
        if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
        return response.text();
      }),
      activity ? fetchJson(activity) : this.activity,
    ]);
    try {
      await this.viewer.importXML(text);
    } catch (problem) {
      if (problem.message !== UNDRAWN) throw problem;
      this.openList(state);
      return;
    }
    this.keyboard = makeNavigable(this.part('canvas'), this.viewer, (element) => this.describe(element));
    this.show(state);
    this.fit();
    this.connect();
    this.host.dataset.ready = 'true';
  }

  /** Show what a file without a drawing has: its list. */
  openList(state) {
    this.undrawn = this.viewer.getDefinitions().rootElements.flatMap(undrawnNodes);
    this.part('canvas').replaceChildren(note(WHERE_IT_IS_DRAWN));
    this.part('detail').textContent = WHERE_IT_IS_DRAWN;
    this.show(state);
    this.connect();
    this.view('list');
    this.host.dataset.ready = 'undrawn';
  }

  show(activity) {
    this.activity = activity;
    if (this.keyboard) {
      showActivity(this.viewer, activity, this.host.dataset);
      showWarnings(this.viewer, this.warnings);
      this.keyboard.relabel((element) => this.sentence(element));
    }
    const reveal = this.undrawn ? (element) => this.describe(element) : ({ id }) => this.reveal(id);
    fillList(this.part('list'), this.undrawn ?? this.keyboard.order, activity, this.host.dataset.mode, reveal, this.warnings);
  }

  async refresh() {
    this.show(await fetchJson(this.host.dataset.activity));
    if (this.chosen) this.describe(this.chosen);
  }

  sentence(element) {
    const known = sentence(element, this.activity.elements[element.id], this.host.dataset);
    return [known, warned(this.warnings[element.id])].filter(Boolean).join(', ');
  }

  describe(element) {
    this.chosen = element;
    const detail = this.part('detail');
    detail.replaceChildren();
    const title = document.createElement('strong');
    title.textContent = nameOf(element);
    detail.append(title, ` ${this.sentence(element).slice(nameOf(element).length).replace(/^, /, '')}`);
  }

  /** Choose an element from outside: scroll it into view and say what it is. */
  reveal(id) {
    const element = this.registry.get(id);
    if (!element) return;
    this.view('diagram');
    this.canvas.scrollToElement(element, 60);
    this.keyboard.choose(element);
    this.describe(element);
  }

  /** Fit the whole diagram, never beyond its drawn size; where that is too small to read, show where things stand. */
  fit() {
    const { inner, outer } = this.canvas.viewbox();
    if (!inner.width || !outer.width) return;
    const whole = Math.min(1, (outer.width - 2 * MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height);
    const scale = whole < READABLE ? Math.min(1, READABLE + 0.15) : whole;
    const [width, height] = [outer.width / scale, outer.height / scale];
    const centre = { x: inner.x + inner.width / 2, y: inner.y + inner.height / 2 };
    if (whole < READABLE) {
      const { x, y } = { ...centre, ...this.point() };
      const margin = MARGIN / scale;
      centre.x = within(x, inner.x - margin, inner.width + 2 * margin, width);
      centre.y = within(y, inner.y - margin, inner.height + 2 * margin, height);
    }
    this.canvas.viewbox({ x: centre.x - width / 2, y: centre.y - height / 2, width, height });
  }

  /** Where to look first: the element of interest, then what is stuck, what is active, the start. */
  point() {
    const states = Object.entries(this.activity.elements);
    const id = this.host.dataset.focus
      || states.find(([, { incidents }]) => incidents)?.[0]
      || states.find(([, { active }]) => active)?.[0];
    const element = (id && this.registry.get(id)) || this.keyboard.order[0];
    return element ? { x: element.x + element.width / 2, y: element.y + element.height / 2 } : {};
  }

  view(which) {
    const isList = which === 'list';
    this.part('canvas').hidden = isList;
    this.part('list').hidden = !isList;
    this.host.querySelector('.ui-diagram-zoom').hidden = isList;
    this.part('legend').hidden = isList;
    for (const button of this.host.querySelectorAll('[data-view]')) {
      button.setAttribute('aria-pressed', String(button.dataset.view === which));
    }
  }

  connect() {
    const { topic, activity } = this.host.dataset;
    this.viewer.on('element.click', ({ element }) => {
      if (element.parent && !element.labelTarget) this.keyboard.choose(element);
      if (element.parent) this.describe(element.labelTarget || element);
    });
    this.host.addEventListener('click', ({ target }) => {
      const zoom = target.closest('[data-zoom]')?.dataset.zoom;
      if (zoom === 'fit') this.fit();
      else if (zoom) this.viewer.get('zoomScroll').stepZoom(zoom === 'in' ? 1 : -1);
      const view = target.closest('[data-view]')?.dataset.view;
      if (view) this.view(view);
    });
    document.addEventListener('live:change', ({ detail }) => {
      if (activity && topic && !document.hidden && (detail.all || detail.topics.includes(topic))) {
        this.refresh().catch((problem) => announce(`The diagram could not be read again: ${problem.message}`));
      }
    });
    let width = this.part('canvas').clientWidth;
    new ResizeObserver(() => {
      const now = this.part('canvas').clientWidth;
      if (!now || Math.abs(now - width) < 24) return;
      width = now;
      this.canvas.resized();
      this.fit();
    }).observe(this.part('canvas'));
  }
}

function note(text, className = 'ui-diagram-note') {
  const paragraph = document.createElement('p');
  paragraph.className = className;
  paragraph.textContent = text;
  return paragraph;
}

function fail(host, problem) {
  const text = note(`The diagram could not be shown: ${problem.message}`, 'ui-diagram-failure');
  host.querySelector('[data-canvas]').replaceChildren(text);
  host.dataset.ready = 'failed';
}

const diagrams = [];
for (const host of document.querySelectorAll('[data-diagram]')) {
  const diagram = new Diagram(host);
  diagrams.push(diagram);
  diagram.open().catch((problem) => fail(host, problem));
}
document.addEventListener('click', ({ target }) => {
  const id = target.closest('[data-show-element]')?.dataset.showElement;
  if (!id || !diagrams.length) return;
  diagrams[0].reveal(id);
  diagrams[0].host.scrollIntoView({ block: 'nearest' });
});
