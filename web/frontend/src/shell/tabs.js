// Tabs are links; when htmx brings only the tab's content, the marks and the live source move along.

export function watchTabs() {
  document.addEventListener('htmx:beforeRequest', (event) => {
    const tab = event.target.closest?.('[data-tabs] a');
    if (!tab) return;
    for (const other of tab.closest('[data-tabs]').children) other.removeAttribute('aria-current');
    tab.setAttribute('aria-current', 'page');
    const panel = document.querySelector('[data-live-tab]');
    if (panel) {
      panel.setAttribute('hx-get', tab.getAttribute('hx-get'));
      window.htmx.process(panel);
    }
  });
}
