// Drives the engine with @camunda8/orchestration-cluster-api, as it is installed: requests and
// answers are validated by the client's own schemas (CAMUNDA_SDK_VALIDATION). Prints what it saw.
import createCamundaClient from '@camunda8/orchestration-cluster-api';

const camunda = createCamundaClient();
const now = { consistency: { waitUpToMs: 0 } };
const seen = {};

seen.gateway = (await camunda.getTopology()).gatewayVersion;
const deployed = await camunda.deployResourcesFromFiles(process.argv.slice(2));
seen.processes = deployed.processes.map((each) => each.processDefinitionId).sort();
seen.decisions = deployed.decisions.map((each) => each.decisionDefinitionId);
seen.forms = deployed.forms.map((each) => each.formId);

const start = (variables) =>
  camunda.createProcessInstance({ processDefinitionId: 'order', variables });
const find = async (what, processInstanceKey) =>
  (await camunda[what]({ filter: { processInstanceKey } }, now)).items;

const awaited = await camunda.createProcessInstance({
  processDefinitionId: 'plain',
  variables: { x: 1 },
  awaitCompletion: true,
});
seen.awaited = awaited.variables;

const { processInstanceKey } = await start({ order: 'A-1', amount: 5 });
seen.started = (await find('searchProcessInstances', processInstanceKey)).map((each) => each.state);

const work = async (handle) =>
  new Promise((resolve, reject) => {
    const worker = camunda.createJobWorker({
      jobType: 'send',
      maxParallelJobs: 1,
      jobTimeoutMs: 20_000,
      pollIntervalMs: 10,
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

const failed = await work((job) => job.fail({ errorMessage: 'no line', retries: 1, retryBackOff: 0 }));
seen.headers = failed.customHeaders;
const extended = await work(async (job) => {
  await camunda.updateJob({ jobKey: job.jobKey, changeset: { timeout: 60_000 } });
  return job.complete({ sent: true });
});
seen.retries = extended.retries;

const tasks = await find('searchUserTasks', processInstanceKey);
await camunda.assignUserTask({ userTaskKey: tasks[0].userTaskKey, assignee: 'bob' });
await camunda.completeUserTask({ userTaskKey: tasks[0].userTaskKey, variables: { ok: true } });
await camunda.publishMessage({ name: 'paid', correlationKey: 'A-1', timeToLive: 1000 });
seen.ended = (await find('searchProcessInstances', processInstanceKey)).map((each) => each.state);
const variables = await find('searchVariables', processInstanceKey);
seen.variables = Object.fromEntries(variables.map((each) => [each.name, each.value]));
const elements = await find('searchElementInstances', processInstanceKey);
seen.elements = elements.map((each) => `${each.elementId} ${each.type} ${each.state}`).sort();

const second = (await start({ order: 'A-2' })).processInstanceKey;
await work((job) => job.error({ errorCode: 'LOST', errorMessage: 'gone' }));
seen.caught = (await find('searchElementInstances', second))
  .map((each) => each.elementId)
  .includes('missing');
await camunda.cancelProcessInstance({ processInstanceKey: second });
seen.cancelled = (await camunda.getProcessInstance({ processInstanceKey: second }, now)).state;

const third = (await start({ order: 'A-3' })).processInstanceKey;
await work((job) => job.fail({ errorMessage: 'broken', retries: 0, retryBackOff: 0 }));
const incidents = await find('searchIncidents', third);
seen.incident = incidents.map((each) => `${each.errorType} ${each.errorMessage}`);
await camunda.resolveIncident({ incidentKey: incidents[0].incidentKey });
seen.resolved = (await find('searchIncidents', third)).map((each) => each.state);
await camunda.cancelProcessInstance({ processInstanceKey: third });

// One request that is held until there is a job for it; what the job is given, it reads as it was.
const asked = { type: 'send', worker: 'held', maxJobsToActivate: 1, timeout: 20_000 };
let answered = false;
const held = camunda.activateJobs({ ...asked, requestTimeout: 30_000 }).then((result) => {
  answered = true;
  return result;
});
await camunda.getTopology();
seen.held = !answered;
// The client's own schemas want a text for a file, so that files go through one that does not validate.
const files = createCamundaClient({ config: { CAMUNDA_SDK_VALIDATION: 'none' } });
const letter = await files.createDocument({
  file: new File(['Hello'], 'letter.txt', { type: 'text/plain' }),
});
const due = new Date(Date.UTC(2030, 0, 5, 9)).toISOString();
await start({ order: 'A-4', due, lines: { small: [1, 2] }, letter });
const [job] = (await held).jobs;
seen.given = { due: job.variables.due, lines: job.variables.lines };
const { documentId, contentHash } = job.variables.letter;
seen.file = await files.getDocument({ documentId, contentHash });
await job.complete({ at: due, answer: letter });
const fourth = { processInstanceKey: job.processInstanceKey };
const sent = (await camunda.searchVariables({ filter: { ...fourth, name: 'answer' } }, now)).items;
seen.answer = JSON.parse(sent[0].value).metadata.fileName;
const paid = await camunda.correlateMessage({ name: 'paid', correlationKey: 'A-4' });
seen.correlated = paid.processInstanceKey === job.processInstanceKey;

const decision = await camunda.evaluateDecision({
  decisionDefinitionId: 'discount',
  variables: { amount: 120 },
});
seen.decision = decision.output;
seen.missing = await camunda
  .getProcessInstance({ processInstanceKey: '1' }, now)
  .then(() => 'found')
  .catch((error) => `${error.status ?? error.response?.status ?? error.message}`);
process.stdout.write(JSON.stringify(seen));
process.exit(0);
