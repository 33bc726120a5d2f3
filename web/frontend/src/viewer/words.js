// What an element and its state are called in a sentence.

export const typeOf = (element) => element.type.replace('bpmn:', '');

/** The text that is drawn at an element; of an annotation that is its text. */
const drawn = ({ businessObject }) => (businessObject.name ?? businessObject.text)?.replace(/\s+/g, ' ').trim();
export const nameOf = (element) => drawn(element) || `Unnamed ${spoken(element)}`;

/** "UserTask" becomes "user task". */
export const spoken = (element) => typeOf(element).replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

const COUNTED = 1000;

/** A count with its thousands apart; counts of what is open now go no further than COUNTED. */
const tally = (count) => (count > COUNTED ? `${COUNTED.toLocaleString('en')}+` : count.toLocaleString('en'));

/** The same in little room: "12.3k". */
export const shortTally = (count) => (count > COUNTED ? `${COUNTED / 1000}k+` : count > 999 ? `${Math.floor(count / 100) / 10}k` : count);

const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** What is known about an element, in the order in which one wants to hear it. */
export function facts(state, mode) {
  if (!state) return mode === 'instance' ? ['not reached'] : [];
  const running = mode === 'definition' ? `${tally(state.active)} instance${state.active === 1 ? '' : 's'} here` : `${state.active} active`;
  return [
    state.incidents ? plural(state.incidents, 'incident') : '',
    state.active ? running : '',
    state.waiting || '',
    state.completed ? `${state.completed.toLocaleString('en')} completed` : '',
    state.terminated ? `${state.terminated.toLocaleString('en')} terminated` : '',
  ].filter(Boolean);
}

/** The accessible name of an element: what it is, how it stands, where it leads. */
export function sentence(element, state, { mode, focus }) {
  const next = (element.outgoing || [])
    .filter((flow) => typeOf(flow) === 'SequenceFlow')
    .map((flow) => (flow.businessObject.name ? `${flow.businessObject.name} to ` : '') + nameOf(flow.target));
  return [
    nameOf(element),
    nameOf(element).startsWith('Unnamed') ? '' : spoken(element),
    element.id === focus ? 'you are here' : '',
    ...facts(state, mode),
    next.length ? `next: ${next.join(', ')}` : '',
  ].filter(Boolean).join(', ');
}
