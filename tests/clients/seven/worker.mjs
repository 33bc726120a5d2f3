// Works for the engine with camunda-external-task-client-js, as it is installed: subscribes to the
// topics that the tests use, answers each task as its `how` says, and prints a line for each answer.
import { BasicAuthInterceptor, Client, File, Variables } from 'camunda-external-task-client-js';

const [baseUrl, username, password, folder] = process.argv.slice(2);
const client = new Client({
  baseUrl,
  interceptors: new BasicAuthInterceptor({ username, password }),
  workerId: 'js-worker',
  asyncResponseTimeout: 5000,
  interval: 10,
  lockDuration: 20_000,
});

const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

let empty = 0; // answers that held no task: with long polling there is none while it waits
client.on('poll:error', (error) => say('poll:error', { message: String(error) }));
client.on('poll:success', (tasks) => {
  empty += tasks.length ? 0 : 1;
});
for (const event of ['complete', 'handleFailure', 'handleBpmnError', 'extendLock', 'unlock', 'lock']) {
  client.on(`${event}:success`, (task) => say(event, { task: task.id }));
  client.on(`${event}:error`, (task, error) => say(`${event}:error`, { message: String(error) }));
}

const complete = async (task, taskService) => {
  const variables = new Variables();
  variables.setAll({ done: true, count: 5_000_000_000, ratio: 1.5, note: 'paid' });
  variables.setTyped('order', { type: 'json', value: { lines: [1, 2] }, valueInfo: {} });
  variables.set('at', new Date(Date.UTC(2030, 0, 5, 9)));
  variables.set('nothing', null);
  const local = new Variables().set('label', 'P-1');
  await taskService.complete(task, variables, local);
};

const how = {
  complete,
  fail: async (task, taskService) => {
    say('seen', { retries: task.retries, message: task.errorMessage, details: task.errorDetails });
    if (task.retries === 1) return complete(task, taskService);
    return taskService.handleFailure(task, {
      errorMessage: 'no line',
      errorDetails: 'Error: no line',
      retries: 1,
      retryTimeout: 0,
    });
  },
  typed: async (task, taskService) => {
    const order = task.variables.get('order');
    const due = task.variables.get('due');
    say('typed', { lines: order.lines, due: due instanceof Date ? due.toISOString() : String(due) });
    return complete(task, taskService);
  },
  error: async (task, taskService) => {
    const variables = new Variables().set('why', 'empty');
    await taskService.handleBpmnError(task, 'LOST', 'It is gone', variables);
  },
  extend: async (task, taskService) => {
    await taskService.extendLock(task, 60_000);
    await taskService.lock(task.id, 30_000);
    await complete(task, taskService);
  },
  unlock: async (task, taskService) => {
    if (task.variables.get('tried')) return complete(task, taskService);
    client.stop();
    await taskService.unlock(task);
    return undefined;
  },
  file: async (task, taskService) => {
    const given = await task.variables.get('letter').load();
    say('file', { filename: given.filename, content: given.content.toString() });
    const file = await new File({ localPath: `${folder}/answer.txt`, mimetype: 'text/plain' }).load();
    await taskService.complete(task, new Variables().set('answer', file));
  },
};

client.subscribe('pack', { processDefinitionKey: 'shipping' }, async ({ task, taskService }) => {
  say('task', {
    id: task.id,
    businessKey: task.businessKey,
    variables: Object.keys(task.variables.getAll()).sort(),
    weight: task.variables.get('weight'),
    empty,
  });
  await how[task.businessKey.split('-')[0]](task, taskService);
});
say('ready');
