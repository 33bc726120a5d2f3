// Ctrl+K: go to a page, an instance or a task without the mouse.

function places(text) {
  const query = text.trim();
  const found = [...document.querySelectorAll('[data-palette-item]')]
    .map((link) => ({ words: link.querySelector('span').textContent, url: link.getAttribute('href') }))
    .filter(({ words }) => words.toLowerCase().includes(query.toLowerCase()));
  if (!query) return found;
  const encoded = encodeURIComponent(query);
  if (/^\d{6,}$/.test(query)) found.push({ words: `Open instance ${query}`, url: `/instances/${query}` });
  found.push({ words: `Find instances with “${query}”`, url: `/instances?q=${encoded}` });
  found.push({ words: `Find tasks with “${query}”`, url: `/worklist?tab=all&q=${encoded}` });
  found.push({ words: `Find processes called “${query}”`, url: `/processes?q=${encoded}` });
  return found;
}

export function watchPalette() {
  const dialog = document.getElementById('palette');
  if (!dialog) return;
  const input = dialog.querySelector('input');
  const list = dialog.querySelector('ul');
  let current = 0;

  const mark = (index) => {
    const items = [...list.children];
    current = (index + items.length) % items.length;
    items.forEach((item, at) => item.setAttribute('aria-selected', String(at === current)));
    input.setAttribute('aria-activedescendant', items[current]?.id ?? '');
    items[current]?.scrollIntoView({ block: 'nearest' });
  };
  const fill = () => {
    list.replaceChildren(...places(input.value).map(({ words, url }, index) => {
      const item = document.createElement('li');
      item.className = 'ui-palette-item';
      item.id = `palette-${index}`;
      item.setAttribute('role', 'option');
      item.dataset.url = url;
      item.textContent = words;
      return item;
    }));
    mark(0);
  };
  const open = () => {
    document.getElementById('navigation')?.hidePopover?.();
    input.value = '';
    fill();
    dialog.showModal();
    input.focus();
  };
  const go = (item) => { if (item) location.assign(item.dataset.url); };

  input.addEventListener('input', fill);
  list.addEventListener('click', (event) => go(event.target.closest('li')));
  dialog.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); mark(current + step); }
    if (event.key === 'Enter') { event.preventDefault(); go(list.children[current]); }
  });
  document.addEventListener('click', (event) => { if (event.target.closest('[data-palette]')) open(); });
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      if (dialog.open) dialog.close(); else open();
    }
  });
}
