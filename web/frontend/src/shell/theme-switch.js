// Light, dark or the system's theme, kept in this browser; no cookie, other tabs follow.

const read = () => { try { return localStorage.getItem('theme') || 'system'; } catch { return 'system'; } };

function apply(choice) {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const radio of document.querySelectorAll('[data-theme-choice]')) radio.checked = radio.value === choice;
  document.dispatchEvent(new CustomEvent('themechange'));
}

export function watchTheme() {
  apply(read());
  document.addEventListener('change', (event) => {
    if (!event.target.matches?.('[data-theme-choice]')) return;
    try { localStorage.setItem('theme', event.target.value); } catch { /* not kept then */ }
    apply(event.target.value);
  });
  addEventListener('storage', (event) => { if (event.key === 'theme') apply(read()); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    document.dispatchEvent(new CustomEvent('themechange'));
  });
}
