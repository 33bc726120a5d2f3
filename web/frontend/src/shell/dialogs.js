// Dialogs, dismissable messages, copying, and the menus that close when one clicks elsewhere.
import { announce } from '../page.js';

export function watchDialogs() {
  document.addEventListener('click', async (event) => {
    const opener = event.target.closest('[data-opens]');
    if (opener) return document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest('[data-closes]')) return event.target.closest('dialog').close();
    if (event.target.matches('dialog')) return event.target.close(); // the backdrop
    if (event.target.closest('[data-dismiss]')) return event.target.closest('[data-notice]').remove();
    const copier = event.target.closest('[data-copy]');
    if (copier) {
      await navigator.clipboard.writeText(copier.dataset.copy);
      announce('Copied.', true);
    }
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener('keydown', (event) => {
    const menu = event.key === 'Escape' && event.target.closest?.('details[data-menu][open]');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  // A form in a dialog that htmx sends replaces the place the dialog stands in: leave the modal state first.
  document.addEventListener('htmx:beforeRequest', (event) => event.target.closest('dialog')?.close());
}
