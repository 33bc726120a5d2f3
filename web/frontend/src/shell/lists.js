// Lists: keys to move and claim, selection that survives a refresh, the filter kept in the address.
import { announce } from '../page.js';

const isTyping = (target) => target.closest?.('input, textarea, select, [contenteditable], .djs-container, .fjs-container');
const boxes = () => [...document.querySelectorAll('[data-select]')];

function move(step) {
  const links = [...document.querySelectorAll('[data-row] .ui-row-link')];
  const at = links.indexOf(document.activeElement?.closest('[data-row]')?.querySelector('.ui-row-link'));
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

function onKey(event) {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === '/') {
    const search = document.querySelector('[data-search]');
    if (search) { event.preventDefault(); search.focus(); }
  } else if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === 'c') document.activeElement?.closest('[data-row]')?.querySelector('[data-claim]')?.click();
}

function showSelection() {
  const bar = document.querySelector('[data-bulk]');
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked).length;
  bar.hidden = chosen === 0;
  bar.querySelector('[data-bulk-words]').textContent = `${chosen} selected`;
  const all = document.querySelector('[data-select-all]');
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && chosen < boxes().length;
}

function onChange(event) {
  if (event.target.matches('[data-select-all]')) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.matches('[data-select], [data-select-all]')) showSelection();
}

/** Put the filter into the address, so that it can be sent to a colleague. */
function keepFilter(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
  history.replaceState(history.state, '', `${form.dataset.urlState}?${query}`);
}

export function watchLists() {
  let selected = [];
  document.addEventListener('keydown', onKey);
  document.addEventListener('change', onChange);
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-bulk-clear]')) return;
    for (const box of boxes()) box.checked = false;
    showSelection();
    document.querySelector('[data-select-all]')?.focus();
  });
  document.addEventListener('htmx:beforeSwap', () => {
    selected = boxes().filter((box) => box.checked).map((box) => box.id);
  });
  document.addEventListener('htmx:afterSwap', (event) => {
    for (const id of selected) {
      const box = document.getElementById(id);
      if (box) box.checked = true;
    }
    showSelection();
    const form = event.detail.requestConfig?.elt;
    if (form?.matches?.('[data-url-state]')) {
      keepFilter(form);
      const count = document.querySelectorAll('[data-row]').length;
      announce(`${count} shown.`);
    }
  });
}
