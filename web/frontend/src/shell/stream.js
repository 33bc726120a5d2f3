// The server's change events. The browser resends Last-Event-ID by itself after a break; when the server refuses
// the stream (204) or there is none, `change` is reported for every topic every five seconds instead.

const POLL_MS = 5000;
const RETRY_STREAM_MS = 60000;

export class Stream {
  constructor(url, report) {
    this.url = url;
    this.report = report;
    this.state = 'connecting';
    this.open();
  }

  open() {
    clearInterval(this.poll);
    if (typeof EventSource === 'undefined') { this.startPolling(); return; }
    this.source = new EventSource(this.url);
    this.source.onopen = () => this.become('live');
    this.source.addEventListener('change', (event) => {
      let topics = [];
      try { topics = JSON.parse(event.data).topics ?? []; } catch { topics = ['*']; }
      this.report({ type: 'change', topics });
    });
    this.source.onerror = () => {
      // CLOSED: refused for good, by 204 or another status; CONNECTING: the browser tries again by itself.
      if (this.source.readyState === EventSource.CLOSED) this.startPolling();
      else this.become('lost');
    };
  }

  startPolling() {
    this.source?.close();
    this.become('polling');
    clearInterval(this.poll);
    this.poll = setInterval(() => this.report({ type: 'change', topics: ['*'] }), POLL_MS);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.open(), RETRY_STREAM_MS);
  }

  become(state) {
    this.state = state;
    this.report({ type: 'state', state });
  }

  close() {
    this.source?.close();
    clearInterval(this.poll);
    clearTimeout(this.later);
  }
}
