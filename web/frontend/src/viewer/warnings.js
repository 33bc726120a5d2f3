// What the analysis of the diagram warns of, marked where it is.
import { nameOf } from './words.js';

/** Read the warnings that stand in the page: element id to sentences. */
export function readWarnings(host) {
  const source = host.querySelector('[data-warnings]');
  return source ? JSON.parse(source.textContent) : {};
}

/** What is said of an element, for its accessible name and the list. */
export const warned = (messages) => (messages ? `warning: ${messages.join(' ')}` : '');

export function showWarnings(viewer, warnings) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  for (const [id, messages] of Object.entries(warnings)) {
    const element = registry.get(id);
    if (!element?.parent) continue; // the plane itself is no element
    canvas.addMarker(id, 'is-warned');
    if (element.waypoints) continue;
    overlays.add(id, 'warnings', { position: { top: -12, left: -12 }, html: badge(element, messages) });
  }
}

function badge(element, messages) {
  const mark = document.createElement('div');
  mark.className = 'diagram-badge diagram-badge-warning';
  mark.textContent = '!';
  mark.title = `${nameOf(element)}: ${messages.join(' ')}`;
  mark.setAttribute('aria-hidden', 'true'); // the element's own name says it
  return mark;
}
