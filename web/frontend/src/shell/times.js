// Times: the reader's own zone in titles and absolute times; relative ones stay true while the page is open.

import { locale } from '../page.js';

const units = [[31536000, 'year'], [2592000, 'month'], [86400, 'day'], [3600, 'hour'], [60, 'minute']];
const exact = new Intl.DateTimeFormat(locale, {
  day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short', hourCycle: 'h23',
});

/** What is past is rounded down, what is to come to the nearest: 7 h 59 min from now is "in 8 hours". */
function amount(distance, round) {
  for (const [size, unit] of units) {
    if (distance >= size) {
      const count = round(distance / size);
      return `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`;
    }
  }
  return '1 minute';
}

function words(element, at) {
  const distance = (at - Date.now()) / 1000;
  const isDue = 'due' in element.dataset;
  if (Math.abs(distance) < 45) return isDue ? 'due now' : 'just now';
  const length = amount(Math.abs(distance), distance > 0 ? Math.round : Math.floor);
  if (isDue) return distance > 0 ? `due in ${length}` : `overdue by ${length}`;
  return distance > 0 ? `in ${length}` : `${length} ago`;
}

function refresh(root) {
  for (const element of root.querySelectorAll('time[data-relative], time[data-due]')) {
    const at = Date.parse(element.dateTime);
    const text = words(element, at);
    if (element.textContent !== text) element.textContent = text;
    element.title = exact.format(at);
    if ('due' in element.dataset) element.classList.toggle('ui-due-over', at < Date.now());
  }
  for (const element of root.querySelectorAll('time[data-absolute]')) {
    element.textContent = exact.format(Date.parse(element.dateTime));
  }
}

export function watchTimes() {
  refresh(document);
  document.addEventListener('htmx:load', (event) => refresh(event.detail.elt.parentElement ?? document));
  setInterval(() => { if (!document.hidden) refresh(document); }, 20000);
}
