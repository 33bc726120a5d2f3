// The diagram's equal: its elements and how they stand, as a table.
import { warned } from './warnings.js';
import { facts, nameOf, spoken } from './words.js';

const STATES = [
  ['incidents', 'bad', 'Incident'],
  ['active', 'live', 'Active'],
  ['completed', 'good', 'Completed'],
  ['terminated', 'quiet', 'Terminated'],
];

function cell(label, ...content) {
  const element = document.createElement('td');
  element.dataset.label = label;
  element.append(...content);
  return element;
}

function badge(state) {
  const [, tone, words] = STATES.find(([name]) => state?.[name]) ?? [null, 'quiet', 'Not reached'];
  const element = document.createElement('span');
  element.className = `ui-badge ui-tone-${tone}`;
  element.textContent = words;
  return element;
}

export function fillList(host, order, activity, mode, reveal, warnings = {}) {
  const table = document.createElement('table');
  table.className = 'ui-table ui-table-cards';
  table.innerHTML = '<caption class="ui-hidden">Elements of the diagram</caption><thead><tr><th scope="col">Element</th><th scope="col">Type</th><th scope="col">State</th><th scope="col">Details</th></tr></thead>';
  const body = table.createTBody();
  for (const element of order) {
    const state = activity.elements[element.id];
    const row = body.insertRow();
    const head = document.createElement('th');
    head.scope = 'row';
    head.className = 'ui-cell-main';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'ui-row-link';
    button.textContent = nameOf(element);
    button.addEventListener('click', () => reveal(element));
    head.append(button);
    const type = spoken(element);
    const details = [...facts(state, mode), warned(warnings[element.id])].filter(Boolean);
    row.append(head, cell('Type', type[0].toUpperCase() + type.slice(1)), cell('State', badge(state)), cell('Details', details.join(', ') || '–'));
  }
  host.replaceChildren(table);
}
