// Live updates: topics that changed become `live` events on the elements that declare them.
import { fetchJson, liveUrl } from '../page.js';
import { Stream } from './stream.js';

const WORDS = { connecting: 'Connecting', live: 'Live', polling: 'Every 5 seconds', lost: 'Connection lost' };
const waiting = new Set();

/** Would a swap take something out of the reader's hands? */
function isBusy(element) {
  const active = document.activeElement;
  const types = active?.matches?.('input:not([type=checkbox]), textarea, select') && element.contains(active);
  return types || element.querySelector('dialog[open]') !== null || element.querySelector('details[open]') !== null;
}

function refresh(element) {
  if (isBusy(element)) { waiting.add(element); return; }
  waiting.delete(element);
  element.dispatchEvent(new CustomEvent('live', { bubbles: false }));
}

/** Show a notice if its task is no longer as the page knows it; other things of its instance change too. */
async function warn(notice) {
  const { source, known } = notice.dataset;
  const task = await fetchJson(source).catch(({ status }) => (status === 404 ? null : undefined));
  if (task === undefined) return; // the server is away, which says nothing about the task
  const state = task && `${task.assignee ?? ''}|${task.ended_at ? 'ended' : 'open'}`;
  if (state !== known) notice.hidden = false;
}

function onChange(topics) {
  const all = topics.includes('*');
  for (const element of document.querySelectorAll('[data-live-topic]')) {
    if (all || topics.includes(element.dataset.liveTopic)) {
      if (document.hidden) waiting.add(element); else refresh(element);
    }
  }
  for (const notice of document.querySelectorAll('[data-live-notice]')) {
    if (all || topics.includes(notice.dataset.liveNotice)) warn(notice);
  }
  document.dispatchEvent(new CustomEvent('live:change', { detail: { topics, all } }));
}

function flush() {
  for (const element of [...waiting]) if (element.isConnected) refresh(element); else waiting.delete(element);
}

function showState(state) {
  const place = document.querySelector('[data-live-state]');
  if (!place) return;
  place.dataset.liveState = state;
  place.querySelector('[data-live-words]').textContent = WORDS[state];
}

function onMessage(message) {
  if (message.type === 'change') onChange(message.topics);
  if (message.type === 'state') showState(message.state);
}

function listen(url) {
  if (window.SharedWorker) {
    const worker = new SharedWorker(new URL('./live-worker.js', import.meta.url), { type: 'module', name: 'live' });
    worker.port.onmessage = ({ data }) => onMessage(data);
    worker.port.start();
    worker.port.postMessage({ type: 'join', url });
    addEventListener('pagehide', () => worker.port.postMessage({ type: 'leave' }));
    addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
    return;
  }
  let stream = null;
  const follow = () => {
    if (document.hidden) { stream?.close(); stream = null; } else stream ??= new Stream(url, onMessage);
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}

export function watchLive() {
  const offline = document.querySelector('[data-offline]');
  const showOffline = () => { if (offline) offline.hidden = navigator.onLine; };
  addEventListener('online', showOffline);
  addEventListener('offline', showOffline);
  showOffline();
  document.addEventListener('visibilitychange', () => { if (!document.hidden) flush(); });
  // Somebody may have opened a dialog while the refresh was on its way.
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const { elt, triggeringEvent } = detail.requestConfig;
    if (triggeringEvent?.type !== 'live' || !isBusy(elt)) return;
    detail.shouldSwap = false;
    waiting.add(elt);
  });
  for (const name of ['focusout', 'close', 'toggle']) document.addEventListener(name, () => setTimeout(flush, 50), true);
  const url = liveUrl();
  if (url) listen(new URL(url, location.href).href);
}
