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
