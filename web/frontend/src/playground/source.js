// Places in a text: lines and columns count characters, from 1, as the API does.

const WORD = /^(?:[\p{L}\p{N}_]+|\s+|[^])/u;

/** The index in UTF-16 of the character at a line and column. */
export function offsetOf(source, line, column) {
  const lines = source.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
}

/** The text as nodes, with a mark upon each word that something was found at. */
export function markedSource(source, found) {
  const offsets = [...new Set(found.map(({ line, column }) => offsetOf(source, line, column)))].sort((a, b) => a - b);
  const nodes = [];
  let end = 0;
  for (const offset of offsets) {
    if (offset < end) continue;
    const mark = document.createElement('mark');
    mark.className = 'ui-play-mark';
    // At the end of the text there is no word to be marked.
    const word = WORD.exec(source.slice(offset))?.[0].replace('\n', ' ') ?? ' ';
    mark.textContent = word;
    nodes.push(source.slice(end, offset), mark);
    end = offset + word.length;
  }
  nodes.push(source.slice(end));
  return nodes;
}
