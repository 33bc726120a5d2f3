// What islands and shell share: the page's own facts, and a voice.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? '';

/** English as the pages write it: day before month. */
export const locale = document.documentElement.lang === 'en' ? 'en-GB' : document.documentElement.lang;

export const csrfToken = () => meta('csrf-token');
export const userId = () => meta('user-id');
export const liveUrl = () => meta('live');

/** Say `text` to screen readers; with `visible` also in a short-lived message on the page. */
export function announce(text, visible = false) {
  const announcer = document.getElementById('announcer');
  if (announcer) {
    announcer.textContent = '';
    requestAnimationFrame(() => { announcer.textContent = text; });
  }
  if (!visible) return;
  const toast = document.createElement('div');
  toast.className = 'ui-toast';
  toast.textContent = text;
  document.querySelector('.ui-toast')?.remove();
  document.body.append(toast);
  setTimeout(() => toast.remove(), 6000);
}

/** Read a token as it is in the present theme; a colour comes back resolved, as rgb. */
export function token(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const declared = getComputedStyle(probe).getPropertyValue(name).trim();
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return /^(#|rgb|light-dark|oklch|color)/.test(declared) ? colour : declared;
}

/** Fetch JSON from the API; throws an Error whose message is the problem's title or detail. */
export async function fetchJson(url, options = {}) {
  const headers = { accept: 'application/json', ...options.headers };
  if (options.method && options.method !== 'GET') {
    headers['content-type'] = 'application/json';
    headers['X-CSRF-Token'] = csrfToken();
  }
  const response = await fetch(url, { ...options, headers });
  const text = await response.text();
  let body = null;
  try { body = text ? JSON.parse(text) : null; } catch { body = null; }
  if (!response.ok) {
    const words = body?.detail || body?.message || body?.title || `${response.status} ${response.statusText}`;
    throw Object.assign(new Error(words), { status: response.status, problem: body });
  }
  return body;
}

export const seconds = (value) => {
  if (value == null) return '–';
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  for (const [size, unit] of [[86400, 'd'], [3600, 'h'], [60, 'min']]) {
    if (value >= size) return `${(value / size).toFixed(value / size < 10 ? 1 : 0)} ${unit}`;
  }
  return `${Math.round(value)} s`;
};
