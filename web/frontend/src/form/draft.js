// A half-filled form, kept in this browser only, per task and user, for two weeks.

const PREFIX = 'draft:';
const DAYS = 14;

export class Draft {
  constructor(name) {
    this.key = PREFIX + name;
    sweep();
    addEventListener('pagehide', () => this.flush());
  }

  read() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }

  write(values) {
    this.values = values;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.flush(), 250);
  }

  flush() {
    clearTimeout(this.later);
    if (!this.values) return;
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), values: this.values }));
    } catch {
      // Full or forbidden: the form works without a draft.
    }
    this.values = null;
  }

  clear() {
    this.values = null;
    clearTimeout(this.later);
    try { localStorage.removeItem(this.key); } catch { /* nothing was kept */ }
  }
}

function sweep() {
  try {
    const oldest = Date.now() - DAYS * 86400000;
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
      if (!(JSON.parse(localStorage.getItem(key))?.at > oldest)) localStorage.removeItem(key);
    }
  } catch {
    // Not readable: nothing to sweep.
  }
}
