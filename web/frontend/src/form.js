// The form island: a Camunda form, its draft kept in this browser, its errors where they belong.
import { Form } from '@bpmn-io/form-js-viewer';
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import './styles/form.css';
import { announce, fetchJson, locale, userId } from './page.js';
import { Draft } from './form/draft.js';

function walk(components, visit) {
  for (const component of components ?? []) {
    visit(component);
    walk(component.components, visit);
  }
}

function find(schema, test) {
  let found = null;
  walk(schema.components, (component) => { if (!found && test(component)) found = component; });
  return found;
}

function part(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

class FormIsland {
  constructor(host) {
    this.host = host;
    this.status = part('p', 'ui-form-status');
    this.status.setAttribute('role', 'status');
    this.place = part('div', 'ui-form-place');
    host.append(this.place, this.status);
    // Not debounced: the package reads a debounced field late, and by then may have drawn its old value again.
    this.form = new Form({ container: this.place, debounce: false });
    this.isReadOnly = 'readOnly' in host.dataset;
  }

  async open() {
    const inline = this.host.querySelector('[data-form-inline]');
    const source = inline ? JSON.parse(inline.textContent) : await fetchJson(this.host.dataset.source);
    this.schema = source.schema;
    // What the server refused is shown again, so that nothing must be typed twice.
    const refused = this.host.dataset.submitted ? JSON.parse(this.host.dataset.submitted) : {};
    await this.form.importSchema(source.schema, { ...source.data, ...refused });
    if (this.isReadOnly) {
      this.form.setProperty('readOnly', true);
    } else {
      this.addButton();
      this.keepButtonsStill();
      this.form.on('submit', ({ data, errors }) => this.submit(data, errors));
      this.keepDraft(source.data ?? {});
    }
    this.host.dataset.ready = 'true';
  }

  addButton() {
    if (find(this.schema, ({ type, action }) => type === 'button' && (action ?? 'submit') === 'submit')) return;
    const button = part('button', 'ui-button ui-button-primary', this.host.dataset.submitLabel);
    button.type = 'button';
    button.id = 'form-submit';
    button.addEventListener('click', () => this.form.submit());
    this.status.before(button);
  }

  /**
   * Leaving a field shows its errors, which moves the buttons below away from under the pointer: the click would
   * be lost. So pressing a button leaves no field, and clicking it does.
   */
  keepButtonsStill() {
    const isSubmit = ({ target }) => target.closest('#form-submit, .fjs-button') !== null;
    this.host.addEventListener('mousedown', (event) => { if (isSubmit(event)) event.preventDefault(); });
    this.host.addEventListener('click', (event) => {
      const field = document.activeElement;
      if (isSubmit(event) && this.place.contains(field) && !field.matches('.fjs-button')) field.blur();
    }, true);
  }

  keepDraft(initial) {
    this.draft = new Draft(`${this.host.dataset.draft}:${userId()}`);
    const kept = this.draft.read();
    const asOpened = JSON.stringify(this.form._getState().data);
    if (kept && JSON.stringify(kept.values) !== asOpened) this.offer(kept, initial);
    // Only what a person does makes a draft, not the form's own first computation.
    let isTouched = false;
    this.place.addEventListener('input', () => { isTouched = true; }, true);
    this.place.addEventListener('click', () => { isTouched = true; }, true);
    this.form.on('changed', ({ data }) => {
      if (isTouched && JSON.stringify(data) !== asOpened) this.draft.write(data);
    });
  }

  offer(kept, initial) {
    const banner = part('div', 'ui-notice ui-tone-live ui-draft');
    const when = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(kept.at);
    const restore = part('button', 'ui-button ui-button-small', 'Restore it');
    const discard = part('button', 'ui-button ui-button-small', 'Discard it');
    for (const button of [restore, discard]) button.type = 'button';
    restore.addEventListener('click', async () => {
      await this.form.importSchema(this.schema, { ...initial, ...kept.values });
      banner.remove();
      this.say('Your draft is back.', 'good');
    });
    discard.addEventListener('click', () => {
      this.draft.clear();
      banner.remove();
    });
    banner.append(part('span', 'ui-draft-words', `You began to fill this in on ${when}.`), restore, discard);
    this.host.prepend(banner);
  }

  say(text, tone = '') {
    this.status.className = `ui-form-status${tone ? ` ui-form-status-${tone}` : ''}`;
    this.status.textContent = text;
  }

  async submit(data, errors) {
    const count = Object.keys(errors).length;
    if (count) {
      this.say(count === 1 ? 'One field needs attention.' : `${count} fields need attention.`, 'bad');
      this.focusFirstError();
      return;
    }
    if (this.host.dataset.formField) {
      const form = document.getElementById(this.host.dataset.formField);
      form.elements.variables.value = JSON.stringify(data);
      this.draft.clear();
      form.requestSubmit();
      return;
    }
    if (this.isSending) return;
    this.isSending = true;
    this.say('Saving…');
    try {
      const answer = await fetchJson(this.host.dataset.submit, { method: 'POST', body: JSON.stringify({ variables: data }) });
      this.draft.clear();
      this.finish(answer);
    } catch (problem) {
      this.refuse(problem);
    } finally {
      this.isSending = false;
    }
  }

  finish(answer) {
    announce('Task completed.');
    document.querySelector('[data-live-notice]')?.remove(); // the change it would speak of is one's own
    const panel = part('div', 'ui-done');
    panel.tabIndex = -1;
    panel.append(part('h3', 'ui-heading', 'Task completed'));
    const next = answer?.next_task;
    const row = part('div', 'ui-row');
    const link = (words, url, tone = '') => {
      const element = part('a', `ui-button ${tone}`, words);
      element.href = url;
      row.append(element);
    };
    panel.append(part('p', 'ui-muted', next ? 'The process went on, and there is more for you.' : 'The process went on. Nothing more of it waits for you now.'));
    if (next) link(`Next: ${next.name}`, `/tasks/${next.key}`, 'ui-button-primary');
    link('Back to the worklist', this.host.dataset.done, next ? '' : 'ui-button-primary');
    panel.append(row);
    this.host.replaceChildren(panel);
    panel.focus();
  }

  /** Put the server's errors to the fields they name; what names no field is said below the form. */
  refuse(problem) {
    const rest = [];
    const perField = {};
    for (const { field, message } of this.errorsOf(problem)) {
      const component = find(this.schema, ({ key, id }) => key === field || id === field);
      if (component) (perField[component.id] ??= []).push(message);
      else rest.push(field ? `${field}: ${message}` : message);
    }
    this.form._setState({ errors: perField });
    const count = Object.keys(perField).length;
    if (count) rest.unshift(count === 1 ? 'One field needs attention.' : `${count} fields need attention.`);
    this.say(rest.join(' ') || problem.message, 'bad');
    if (count) this.focusFirstError();
  }

  errorsOf(problem) {
    const errors = problem.problem?.errors;
    return Array.isArray(errors) ? errors : [];
  }

  /** The form draws its errors in a later turn: wait for it. */
  focusFirstError() {
    setTimeout(() => {
      this.place.querySelector('[aria-invalid=true], .fjs-has-errors :is(input, select, textarea)')?.focus();
    }, 60);
  }
}

for (const host of document.querySelectorAll('[data-form]')) {
  const island = new FormIsland(host);
  island.open().catch((problem) => {
    island.say(`The form could not be shown: ${problem.message}`, 'bad');
    host.dataset.ready = 'failed';
  });
}
