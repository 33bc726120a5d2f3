// Tokens, incidents and the path taken, drawn onto the diagram.
import { facts, nameOf, shortTally } from './words.js';

const MARKERS = ['is-active', 'is-incident', 'is-done', 'is-terminated', 'is-taken', 'is-here', 'is-untouched'];

function badge(kind, count, words) {
  const element = document.createElement('div');
  element.className = `diagram-badge diagram-badge-${kind}`;
  element.textContent = shortTally(count);
  element.title = words;
  element.setAttribute('aria-hidden', 'true'); // the element's own name says it
  return element;
}

function here() {
  const element = document.createElement('div');
  element.className = 'diagram-here';
  element.textContent = 'You are here';
  element.setAttribute('aria-hidden', 'true');
  return element;
}

export function showActivity(viewer, activity, { mode, focus }) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  overlays.clear();
  registry.forEach((element) => {
    for (const marker of MARKERS) if (canvas.hasMarker(element, marker)) canvas.removeMarker(element, marker);
  });
  for (const [id, state] of Object.entries(activity.elements)) {
    const element = registry.get(id);
    if (!element || element.waypoints) continue;
    const words = `${nameOf(element)}: ${facts(state, mode).join(', ')}`;
    if (state.completed && !state.active && mode === 'instance') canvas.addMarker(id, 'is-done');
    if (state.terminated && !state.active && !state.completed) canvas.addMarker(id, 'is-terminated');
    if (state.active) {
      canvas.addMarker(id, 'is-active');
      overlays.add(id, 'active', { position: { bottom: 12, left: -12 }, html: badge('active', state.active, words) });
    }
    if (state.incidents) {
      canvas.addMarker(id, 'is-incident');
      overlays.add(id, 'incidents', { position: { bottom: 12, right: 12 }, html: badge('incident', state.incidents, words) });
    }
    if (state.completed > 1 && mode === 'instance') {
      overlays.add(id, 'completed', { position: { top: -10, right: 12 }, html: badge('done', state.completed, words) });
    }
  }
  for (const id of Object.keys(activity.taken_flows ?? {})) {
    if (registry.get(id)) canvas.addMarker(id, 'is-taken');
  }
  if (focus && registry.get(focus)) {
    canvas.addMarker(focus, 'is-here');
    overlays.add(focus, 'here', { position: { top: -30, left: 0 }, html: here() });
  }
}
