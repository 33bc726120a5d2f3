// The diagram by keyboard and screen reader: one tab stop, arrows follow the flow, Home and End, n and p in reading
// order, Enter chooses. Every element is a button with a name that says how it stands.

const isNode = (element) => element.parent && !element.waypoints && !element.labelTarget && element.type !== 'label';
const flows = (list) => (list || []).filter((flow) => flow.type === 'bpmn:SequenceFlow');

export function makeNavigable(host, viewer, choose) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const order = registry.filter(isNode).sort((a, b) => a.x - b.x || a.y - b.y);
  const graphics = (element) => registry.getGraphics(element);
  let current = order[0];

  // The shapes are the tab stop, the drawing as a whole is not.
  host.querySelector('svg[tabindex]')?.setAttribute('tabindex', '-1');

  const stop = (element) => {
    if (current) graphics(current).setAttribute('tabindex', '-1');
    current = element;
    graphics(element).setAttribute('tabindex', '0');
  };
  for (const element of order) {
    const shape = graphics(element);
    // A label's lines are drawn without the blank between them: without it, text and name would differ.
    for (const line of shape.querySelectorAll('tspan')) line.textContent = `${line.textContent.trimEnd()} `;
    shape.setAttribute('role', 'button');
    shape.setAttribute('tabindex', '-1');
    shape.addEventListener('focus', () => {
      stop(element);
      if (!shape.matches(':focus-visible')) return;
      canvas.addMarker(element.id, 'by-keyboard');
      canvas.scrollToElement(element, 40);
    });
    shape.addEventListener('blur', () => canvas.removeMarker(element.id, 'by-keyboard'));
  }
  if (current) stop(current);

  const neighbour = (key) => {
    const index = order.indexOf(current);
    const before = flows(current.incoming).map((flow) => flow.source);
    const after = flows(current.outgoing).map((flow) => flow.target);
    const beside = before[0] ? flows(before[0].outgoing).map((flow) => flow.target) : [current];
    const step = key === 'ArrowDown' ? 1 : -1;
    const turn = beside[(beside.indexOf(current) + step + beside.length) % beside.length];
    return {
      ArrowRight: after[0], ArrowLeft: before[0], ArrowDown: turn, ArrowUp: turn,
      Home: order[0], End: order.at(-1), n: order[index + 1], p: order[index - 1],
    }[key];
  };
  host.addEventListener('keydown', (event) => {
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      mark(current);
      choose(current);
      return;
    }
    const target = neighbour(event.key);
    if (!target) return;
    event.preventDefault();
    stop(target);
    graphics(target).focus({ preventScroll: true });
  });

  let marked = null;
  const mark = (element) => {
    if (marked) canvas.removeMarker(marked.id, 'is-chosen');
    marked = element;
    canvas.addMarker(element.id, 'is-chosen');
  };

  return {
    order,
    choose(element) {
      if (!order.includes(element)) return;
      stop(element);
      mark(element);
    },
    relabel(words) {
      for (const element of order) graphics(element).setAttribute('aria-label', words(element));
    },
  };
}
