// The explained tree: each sub-expression with its value, those with parts as folds.

const text = (tag, className, words) => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = words;
  return made;
};

function line({ text: written, value }) {
  const isDone = value !== '';
  return [
    text('code', 'ui-code ui-play-text', written),
    text('span', 'ui-play-equals', ' = '),
    text('code', `ui-code ui-play-result ui-tone-${isDone ? 'live' : 'bad'}`, isDone ? value : 'failed'),
  ];
}

function branch(explained) {
  const item = document.createElement('li');
  item.className = 'ui-play-node';
  if (!explained.parts.length) {
    const leaf = document.createElement('div');
    leaf.className = 'ui-play-leaf';
    leaf.append(...line(explained));
    item.append(leaf);
    return item;
  }
  const fold = document.createElement('details');
  fold.className = 'ui-fold';
  fold.open = true;
  const summary = document.createElement('summary');
  summary.className = 'ui-fold-summary ui-play-summary';
  const words = document.createElement('span');
  words.append(...line(explained));
  summary.append(words);
  fold.append(summary, explainedTree(explained.parts));
  item.append(fold);
  return item;
}

/** The list of what was evaluated, in that order. */
export function explainedTree(parts, isRoot = false) {
  const list = document.createElement('ul');
  list.className = isRoot ? 'ui-play-tree ui-play-root' : 'ui-play-tree';
  list.append(...parts.map(branch));
  return list;
}

/** Fold or unfold everything below the first line. */
export function foldAll(host, isFolded) {
  for (const fold of host.querySelectorAll('details')) fold.open = !isFolded;
}
