// The words in which a diagram is described. Each returns plain data; `author.js` turns it into
// model elements with Camunda's modeling library. Positions are centres, in pixels; a sub-process
// is given by its left, top, right and bottom edge. The option `label` says where an event's or gateway's
// name stands: a side ('above', 'belowLeft', ...) or its left top corner.

const filled = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const shape = (type, id, name, at, options = {}) => ({ type, id, name, at, ...options });

export const start = (id, name, at, options) => shape('bpmn:StartEvent', id, name, at, options);
export const end = (id, name, at, options) => shape('bpmn:EndEvent', id, name, at, options);
export const catching = (id, name, at, options) =>
  shape('bpmn:IntermediateCatchEvent', id, name, at, options);
export const service = (id, name, at, options) => shape('bpmn:ServiceTask', id, name, at, options);
export const user = (id, name, at, options) => shape('bpmn:UserTask', id, name, at, options);
export const script = (id, name, at, options) => shape('bpmn:ScriptTask', id, name, at, options);
export const exclusive = (id, name, at, options) =>
  shape('bpmn:ExclusiveGateway', id, name, at, options);
export const parallel = (id, name, at, options) =>
  shape('bpmn:ParallelGateway', id, name, at, options);
export const inclusive = (id, name, at, options) =>
  shape('bpmn:InclusiveGateway', id, name, at, options);
export const eventBased = (id, name, at, options) =>
  shape('bpmn:EventBasedGateway', id, name, at, options);

/** A boundary event on `host`; `at` is its centre and must lie on the host's border. */
export const boundary = (host, id, name, at, options) =>
  shape('bpmn:BoundaryEvent', id, name, at, { host, ...options });

/** An expanded sub-process with its own elements; `edges` is [left, top, right, bottom]. */
export const subProcess = (id, name, edges, elements, options) => {
  const [left, top, right, bottom] = edges;
  return shape('bpmn:SubProcess', id, name, [(left + right) / 2, (top + bottom) / 2], {
    width: right - left,
    height: bottom - top,
    elements,
    ...options,
  });
};

/** A note beside an element; `size` is [width, height]. */
export const note = (id, text, at, size, about) =>
  shape('bpmn:TextAnnotation', id, text, at, { width: size[0], height: size[1], about });

/**
 * A sequence flow: `flow('A', 'B', { name, condition, isDefault, via, waypoints, label })`.
 *
 * `via` lists the corners between the two shapes, `waypoints` the whole line from border to
 * border; without either the modeler's own layout decides. `label` is its left top corner.
 */
export const flow = (source, target, options = {}) => ({
  id: `${source}_to_${target}`,
  source,
  target,
  ...options,
});

// Camunda 8 ---------------------------------------------------------------------------------

const ioMapping = (inputs, outputs) =>
  inputs || outputs
    ? [
        {
          $type: 'zeebe:IoMapping',
          inputParameters: Object.entries(inputs ?? {}).map(([target, source]) => ({
            $type: 'zeebe:Input',
            source,
            target,
          })),
          outputParameters: Object.entries(outputs ?? {}).map(([target, source]) => ({
            $type: 'zeebe:Output',
            source,
            target,
          })),
        },
      ]
    : [];

/** A job for a worker. `outputs` lists every variable that reaches the process. */
export const job8 = (type, { inputs, outputs, retries = 3 } = {}) => ({
  extensions: [
    { $type: 'zeebe:TaskDefinition', type, retries: String(retries) },
    ...ioMapping(inputs, outputs),
  ],
});

/** Work for a group of people with a Camunda form; `dueIn` is an ISO 8601 duration. */
export const people8 = (candidateGroups, formId, { dueIn, inputs, outputs } = {}) => ({
  extensions: [
    { $type: 'zeebe:UserTask' },
    { $type: 'zeebe:FormDefinition', formId },
    { $type: 'zeebe:AssignmentDefinition', candidateGroups },
    ...(dueIn
      ? [{ $type: 'zeebe:TaskSchedule', dueDate: `=now() + duration("${dueIn}")` }]
      : []),
    ...ioMapping(inputs, outputs),
  ],
});

/** A form shown to whoever starts the process by hand. */
export const form8 = (formId) => ({ extensions: [{ $type: 'zeebe:FormDefinition', formId }] });

/** A FEEL expression whose value becomes the variable `resultVariable`. */
export const expression8 = (expression, resultVariable, { outputs } = {}) => ({
  extensions: [
    { $type: 'zeebe:Script', expression, resultVariable },
    ...ioMapping(undefined, outputs),
  ],
});

/** One visit per item of a collection, side by side. */
export const forEach8 = (inputCollection, inputElement, outputCollection, outputElement) => ({
  loop: {
    $type: 'bpmn:MultiInstanceLoopCharacteristics',
    extensions: [
      {
        $type: 'zeebe:LoopCharacteristics',
        ...filled({ inputCollection, inputElement, outputCollection, outputElement }),
      },
    ],
  },
});

// Camunda 7 ---------------------------------------------------------------------------------

const parameters7 = (type, values) =>
  Object.entries(values ?? {}).map(([name, value]) => ({ $type: type, name, value }));

const inputOutput7 = (inputs, outputs) =>
  inputs || outputs
    ? [
        {
          $type: 'camunda:InputOutput',
          inputParameters: parameters7('camunda:InputParameter', inputs),
          outputParameters: parameters7('camunda:OutputParameter', outputs),
        },
      ]
    : [];

/** An external task; failed attempts are repeated by `retry`, an ISO 8601 repeating interval. */
export const job7 = (topic, { inputs, outputs, retry = 'R3/PT5M' } = {}) => ({
  attributes: {
    'camunda:type': 'external',
    'camunda:topic': topic,
    'camunda:asyncBefore': true,
  },
  extensions: [
    ...inputOutput7(inputs, outputs),
    { $type: 'camunda:FailedJobRetryTimeCycle', body: retry },
  ],
});

/** Work for a group of people with a Camunda form. */
export const people7 = (candidateGroups, formRef, { dueDate } = {}) => ({
  attributes: filled({
    'camunda:candidateGroups': candidateGroups,
    'camunda:formRef': formRef,
    'camunda:formRefBinding': 'latest',
    'camunda:dueDate': dueDate,
  }),
});

/** A form shown to whoever starts the process by hand. */
export const form7 = (formRef) => ({
  attributes: { 'camunda:formRef': formRef, 'camunda:formRefBinding': 'latest' },
});

/** One visit per item of a collection, side by side. */
export const forEach7 = (collection, elementVariable) => ({
  loop: {
    $type: 'bpmn:MultiInstanceLoopCharacteristics',
    'camunda:collection': collection,
    'camunda:elementVariable': elementVariable,
  },
});
