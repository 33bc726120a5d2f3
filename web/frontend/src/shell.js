// What every page loads: htmx, the theme switch, dialogs, lists, live updates, the palette.
import htmx from 'htmx.org';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/frame.css';
import './styles/elements.css';
import './styles/lists.css';
import './styles/pages.css';
import './styles/islands.css';
import { watchDialogs } from './shell/dialogs.js';
import { watchFields } from './shell/fields.js';
import { watchLists } from './shell/lists.js';
import { watchLive } from './shell/live.js';
import { watchPalette } from './shell/palette.js';
import { watchTabs } from './shell/tabs.js';
import { watchTheme } from './shell/theme-switch.js';
import { watchTimes } from './shell/times.js';
import { announce, csrfToken } from './page.js';

window.htmx = htmx;

document.addEventListener('htmx:configRequest', (event) => {
  if (event.detail.verb !== 'get') event.detail.headers['X-CSRF-Token'] = csrfToken();
});
document.addEventListener('htmx:beforeSwap', (event) => {
  // A refused change (409, 422) is answered with a fragment that says why: show it.
  const { xhr } = event.detail;
  const isHtml = (xhr.getResponseHeader('content-type') || '').startsWith('text/html');
  if ([409, 422].includes(xhr.status) && isHtml) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  // Logged out meanwhile: the whole page goes to the login, not its text into a table.
  if (xhr.status === 401 || new URL(xhr.responseURL || location.href).pathname === '/login') {
    event.detail.shouldSwap = false;
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
});
document.addEventListener('htmx:responseError', (event) => {
  const { status, statusText } = event.detail.xhr;
  announce(`That did not work: ${status} ${statusText}. Nothing was changed.`, true);
});
document.addEventListener('htmx:sendError', () => announce('The server cannot be reached.', true));

watchTheme();
watchTimes();
watchDialogs();
watchFields();
watchTabs();
watchLists();
watchPalette();
watchLive();
