// Drives the engine with @camunda8/sdk, the client of Camunda Modeler, as it is installed.
// Prints what it saw.
import { Camunda8 } from '@camunda8/sdk';

const camunda = new Camunda8().getCamundaRestClient();
const seen = {};

seen.gateway = (await camunda.getTopology()).gatewayVersion;
const deployed = await camunda.deployResourcesFromFiles(process.argv.slice(2));
seen.processes = deployed.processes.map((each) => each.processDefinitionId).sort();
seen.names = deployed.processes.map((each) => each.resourceName).sort();

const start = (variables) =>
  camunda.createProcessInstance({ processDefinitionId: 'order', variables });
const { processInstanceKey } = await start({ order: 'A-1' });

const work = (handle) =>
  new Promise((resolve, reject) => {
    const worker = camunda.createJobWorker({
      type: 'send',
      worker: 'sdk',
      timeout: 20_000,
      maxJobsToActivate: 1,
      pollIntervalMs: 20,
      jobHandler: async (job) => {
        try {
          const receipt = await handle(job);
          worker.stop();
          resolve(job);
          return receipt;
        } catch (error) {
          worker.stop();
          reject(error);
          throw error;
        }
      },
    });
  });

const failed = await work((job) => job.fail({ errorMessage: 'no line', retries: 1 }));
seen.order = failed.variables.order;
const done = await work(async (job) => {
  await camunda.updateJob({ jobKey: job.jobKey, timeout: 60_000 });
  return job.complete({ sent: true });
});
seen.retries = done.retries;
await camunda.publishMessage({ name: 'paid', correlationKey: 'A-1', timeToLive: 1000, variables: {} });
const tasks = await camunda.searchUserTasks({ filter: { processInstanceKey } });
seen.tasks = tasks.items.map((each) => each.name);
await camunda.assignUserTask({ userTaskKey: tasks.items[0].userTaskKey, assignee: 'bob' });
await camunda.completeUserTask({ userTaskKey: tasks.items[0].userTaskKey, variables: { ok: true } });
const found = await camunda.searchProcessInstances({
  filter: { processInstanceKey },
  sort: [{ field: 'startDate', order: 'ASC' }],
  page: { from: 0, limit: 10 },
});
seen.ended = found.items.map((each) => each.state);
const variables = await camunda.searchVariables({ filter: { processInstanceKey } });
seen.variables = variables.items.map((each) => each.name).sort();

const second = (await start({ order: 'A-2' })).processInstanceKey;
await work((job) => job.error({ errorCode: 'LOST', errorMessage: 'gone' }));
await camunda.cancelProcessInstance({ processInstanceKey: second });
const cancelled = await camunda.searchProcessInstances({
  filter: { processInstanceKey: second },
  sort: [],
  page: { from: 0, limit: 10 },
});
seen.cancelled = cancelled.items.map((each) => each.state);
// One request that is held until there is a job for it; what the job is given, it reads as it was.
const asked = { type: 'send', worker: 'held', maxJobsToActivate: 1, timeout: 20_000 };
let answered = false;
const held = camunda.activateJobs({ ...asked, requestTimeout: 30_000 }).then((jobs) => {
  answered = true;
  return jobs;
});
await camunda.getTopology();
seen.held = !answered;
const letter = await camunda.uploadDocument({
  file: Buffer.from('Hello'),
  metadata: { fileName: 'letter.txt', contentType: 'text/plain' },
});
const due = new Date(Date.UTC(2030, 0, 5, 9)).toISOString();
await start({ order: 'A-4', due, lines: { small: [1, 2] }, letter });
const [job] = await held;
seen.given = { due: job.variables.due, lines: job.variables.lines };
const { documentId, contentHash } = job.variables.letter;
seen.file = (await camunda.downloadDocument({ documentId, contentHash })).toString();
await camunda.completeJob({ jobKey: job.jobKey, variables: { at: due } });
const correlated = await camunda.correlateMessage({
  name: 'paid',
  correlationKey: 'A-4',
  variables: {},
});
seen.correlated = `${correlated.processInstanceKey}` === `${job.processInstanceKey}`;
process.stdout.write(JSON.stringify(seen));
process.exit(0);
