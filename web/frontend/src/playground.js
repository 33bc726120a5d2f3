// The playground island: sends what is written to the REST API, and shows value, warnings and explanation.
import { announce, fetchJson } from './page.js';
import { explainedTree, foldAll } from './playground/tree.js';
import { markedSource, offsetOf } from './playground/source.js';
import './styles/playground.css';

const element = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

/** The value of a JSON field as it is written, so that long numbers stay exact. */
function jsonText(field, fallback, mustBeObject) {
  const text = field.value.trim() || fallback;
  const value = JSON.parse(text);
  if (mustBeObject && (value === null || typeof value !== 'object' || Array.isArray(value))) {
    throw new SyntaxError('Expected a JSON object, such as {"amount": 120}.');
  }
  return text;
}

const bodyOf = (members) => `{${Object.entries(members).map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(', ')}}`;

class Playground {
  constructor(host) {
    this.host = host;
    this.form = host.querySelector('[data-play-form]');
    this.fields = this.form.elements;
    this.find = (name) => host.querySelector(`[data-${name}]`);
    this.round = 0;
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.run(); });
    this.form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.run(); }
    });
    this.form.noValidate = true;
  }

  /** Ask the API; only the answer to the last question is shown. */
  async run() {
    const round = ++this.round;
    let question;
    try {
      question = this.question();
    } catch ({ field, message }) {
      this.refuse('The JSON cannot be read.', `${field.labels[0].textContent.trim()}: ${message}`);
      field.setAttribute('aria-invalid', 'true');
      field.focus();
      return;
    }
    const button = this.form.querySelector('[type=submit]');
    this.host.setAttribute('aria-busy', 'true');
    button.disabled = true;
    try {
      const answer = await fetchJson(question.url, { method: 'POST', body: question.body });
      if (round === this.round) this.show(answer);
    } catch (error) {
      if (round === this.round) this.fail(error);
    } finally {
      button.disabled = false;
      this.host.removeAttribute('aria-busy');
    }
  }

  json(name, fallback, mustBeObject = false) {
    const field = this.fields[name];
    field.removeAttribute('aria-invalid');
    try {
      return jsonText(field, fallback, mustBeObject);
    } catch (error) {
      throw { field, message: error.message };
    }
  }

  clear() {
    this.host.querySelectorAll('[data-idle], [data-problem], [data-outcome], [data-places], [data-explained], [data-decided]')
      .forEach((part) => { part.hidden = true; });
  }

  refuse(title, words) {
    this.clear();
    this.find('problem').hidden = false;
    this.find('problem-title').textContent = title;
    this.find('problem-words').textContent = words;
    announce(`${title} ${words}`);
  }

  value(text, type, language) {
    this.find('outcome').hidden = false;
    this.find('value').textContent = text;
    this.find('type').textContent = type;
    this.find('language').textContent = language;
  }
}

class ExpressionPlayground extends Playground {
  constructor(host) {
    super(host);
    this.fields.expression.classList.add('ui-area-code');
    this.fields.expression.spellcheck = false;
    this.fields.mode.addEventListener('change', () => this.showTested());
    host.addEventListener('click', (event) => {
      const example = event.target.closest('[data-example]');
      if (example) this.fill(JSON.parse(example.dataset.example));
      const place = event.target.closest('[data-place]');
      if (place) this.goTo(Number(place.dataset.line), Number(place.dataset.column));
    });
    const fold = this.find('fold');
    fold.addEventListener('click', () => {
      const isFolded = fold.getAttribute('aria-pressed') !== 'true';
      fold.setAttribute('aria-pressed', String(isFolded));
      foldAll(this.find('tree'), isFolded);
    });
    this.showTested();
  }

  showTested() { this.find('tested-field').hidden = this.fields.mode.value !== 'test'; }

  fill(example) {
    for (const name of ['mode', 'expression', 'variables', 'tested']) {
      this.fields[name].value = example[name];
      this.fields[name].setCustomValidity('');
    }
    this.showTested();
    this.run();
  }

  question() {
    const mode = this.fields.mode.value;
    this.asked = this.fields.expression.value;
    const members = {
      expression: JSON.stringify(this.asked),
      variables: this.json('variables', '{}', true),
      explain: 'true',
      ...(mode === 'strict' && { strict: 'true' }),
      ...(mode === 'test' && { unary_test: 'true', input: this.json('tested', 'null') }),
      ...(mode && { language: mode === 'juel' ? '"juel"' : '"feel"' }),
    };
    return { url: '/api/v1/expressions/evaluation', body: bodyOf(members) };
  }

  show(answer) {
    this.clear();
    const isJson = answer.value !== null || answer.type === 'null';
    const isPlain = answer.value === null || typeof answer.value !== 'object';
    this.value(isJson && !isPlain ? JSON.stringify(answer.value, null, 2) : answer.text, answer.type, answer.language.toUpperCase());
    this.places(answer.warnings, 'warn');
    this.explain(answer.explanation);
    const count = answer.warnings.length;
    announce(`${answer.text}. ${count ? `${count} ${count === 1 ? 'warning' : 'warnings'}.` : ''}`);
  }

  fail(error) {
    const problem = error.problem ?? {};
    if (!problem.line) return this.refuse('That did not work.', error.message);
    this.refuse(problem.kind === 'syntax' ? 'This is no expression.' : 'It has no value.', error.message);
    this.find('problem-words').textContent = ''; // it stands below, at its place
    const own = { message: error.message, line: problem.line, column: problem.column };
    this.places([own, ...(problem.warnings ?? [])], 'bad');
    this.explain(problem.explanation);
  }

  /** Show what was found at its position: marks in the text, and buttons that lead there. */
  places(found, tone) {
    this.find('places').hidden = !found.length;
    this.find('source').replaceChildren(...markedSource(this.asked, found));
    this.find('warnings').replaceChildren(...found.map(({ message, line, column }, index) => {
      const place = element('button', 'ui-button ui-button-small ui-play-place', element('span', 'ui-hidden', 'Go to '), `${line}:${column}`);
      place.type = 'button';
      place.id = `place-${index}`;
      place.title = `Line ${line}, column ${column}`;
      Object.assign(place.dataset, { place: '', line, column });
      return element('li', `ui-violation ui-tone-${index ? 'warn' : tone}`, place, element('div', '', message));
    }));
  }

  explain(explanation) {
    const hasParts = Boolean(explanation?.parts.length);
    this.find('explained').hidden = !explanation;
    this.find('fold').hidden = !hasParts;
    this.find('fold').setAttribute('aria-pressed', 'false');
    if (explanation) this.find('tree').replaceChildren(explainedTree([explanation], true));
  }

  goTo(line, column) {
    const field = this.fields.expression;
    const offset = offsetOf(field.value, line, column);
    field.focus();
    field.setSelectionRange(offset, offset + 1);
  }
}

const kindOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'context' : typeof value;
};
const shown = (value) => JSON.stringify(value, null, 2);

class DecisionPlayground extends Playground {
  constructor(host) {
    super(host);
    this.fields.decision.addEventListener('change', () => this.choose());
  }

  get url() { return `/api/v1/decisions/${encodeURIComponent(this.fields.decision.value)}`; }

  /** Fill in what the chosen decision reads. */
  async choose() {
    const round = ++this.round;
    try {
      const { inputs } = await fetchJson(this.url);
      if (round !== this.round) return;
      this.clear();
      this.find('idle').hidden = false;
      this.fields.variables.value = shown(Object.fromEntries(inputs.map(({ name, example }) => [name, example])));
      const words = inputs.map(({ name, type }) => `${name}: ${type}`).join(', ');
      this.find('inputs').textContent = words ? `It reads ${words}.` : 'It reads nothing that the file names.';
    } catch (error) {
      if (round === this.round) this.refuse('The decision cannot be read.', error.message);
    }
  }

  question() { return { url: `${this.url}/evaluation`, body: bodyOf({ variables: this.json('variables', '{}', true) }) }; }

  show(answer) {
    this.clear();
    this.value(shown(answer.value), kindOf(answer.value), `version ${answer.version}`);
    this.problems(answer.problems);
    const rules = Object.fromEntries(answer.hits.map(({ decision, rules: held }) => [decision, held]));
    const names = [...new Set([...Object.keys(answer.decisions), ...Object.keys(rules)])];
    this.find('decided').hidden = !names.length;
    this.find('decisions').replaceChildren(...names.map((name) => this.row(name, answer.decisions[name], rules[name])));
    announce(`${JSON.stringify(answer.value)}. ${answer.problems.length ? `${answer.problems.length} problems.` : ''}`);
  }

  row(name, value, rules) {
    const head = element('th', 'ui-cell-main', name);
    head.scope = 'row';
    const cells = [
      ['Value', element('code', 'ui-code', value === undefined ? '–' : JSON.stringify(value))],
      ['Rules that held', rules === undefined ? 'no table' : rules.join(', ') || 'none'],
    ].map(([label, content]) => {
      const cell = element('td', '', content);
      cell.dataset.label = label;
      return cell;
    });
    return element('tr', '', head, ...cells);
  }

  problems(problems) {
    this.find('places').hidden = !problems.length;
    this.find('warnings').replaceChildren(...problems.map((problem) => {
      const place = [problem.decision, problem.rule && `rule ${problem.rule}`, problem.cell, problem.line && `${problem.line}:${problem.column}`]
        .filter(Boolean).join(', ');
      const words = element('div', '', element('strong', '', place), `: ${problem.message}`);
      if (problem.source) words.append(element('p', 'ui-muted', element('code', 'ui-code', problem.source)));
      return element('li', 'ui-violation ui-tone-warn', words);
    }));
  }

  fail(error) { this.refuse('That did not work.', error.message); }
}

for (const host of document.querySelectorAll('[data-playground]')) {
  const isExpressions = host.dataset.playground === 'expressions';
  const playground = new (isExpressions ? ExpressionPlayground : DecisionPlayground)(host);
  if (isExpressions) host.dataset.ready = 'true';
  else playground.choose().finally(() => { host.dataset.ready = 'true'; });
}
