// One stream for all tabs: HTTP/1.1 allows six connections per origin, so a stream per tab would freeze the seventh.
import { Stream } from './stream.js';

const ports = new Set();
let stream = null;
const send = (message) => { for (const port of ports) port.postMessage(message); };

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data.type === 'leave') ports.delete(port);
    if (data.type === 'join' && !stream) stream = new Stream(data.url, send);
    if (data.type === 'join' && stream) port.postMessage({ type: 'state', state: stream.state });
    if (!ports.size) { stream?.close(); stream = null; }
  };
  port.start();
};
