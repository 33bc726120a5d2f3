// Runs inside the browser page, beside Camunda's modeler: builds one described diagram through
// the same services that a person's clicks call, and returns the XML that the modeler would save.

/* global BpmnModeler */

const LABEL_LINE_HEIGHT = 14;
const LABEL_MAX_WIDTH = 90; // where the modeler breaks an external label

// Widths of Helvetica and Arial in thousandths of the font's size, from the blank to the tilde, so
// that label bounds do not depend on the fonts of the machine.
const FONT_SIZE = 11;
const ADVANCES = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
  556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
  611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
  667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
  222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const widthOf = (text) =>
  [...text].reduce((sum, letter) => sum + (ADVANCES[letter.charCodeAt(0) - 32] ?? 600), 0)
  * FONT_SIZE / 1000;

const wrap = (text, limit) => {
  const lines = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`) <= limit) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
};

const labelSize = (text) => {
  const lines = wrap(text, LABEL_MAX_WIDTH);
  return {
    width: Math.ceil(Math.max(...lines.map(widthOf))) + 2,
    height: lines.length * LABEL_LINE_HEIGHT,
  };
};

// Where the label of an event or gateway stands.
const BESIDE = {
  above: (e, s) => ({ x: e.x + e.width / 2 - s.width / 2, y: e.y - s.height - 6 }),
  below: (e, s) => ({ x: e.x + e.width / 2 - s.width / 2, y: e.y + e.height + 6 }),
  left: (e, s) => ({ x: e.x - s.width - 6, y: e.y + e.height / 2 - s.height / 2 }),
  right: (e, s) => ({ x: e.x + e.width + 6, y: e.y + e.height / 2 - s.height / 2 }),
  belowRight: (e, s) => ({ x: e.x + e.width / 2 + 8, y: e.y + e.height + 2 }),
  belowLeft: (e, s) => ({ x: e.x + e.width / 2 - 8 - s.width, y: e.y + e.height + 2 }),
  aboveRight: (e, s) => ({ x: e.x + e.width / 2 + 8, y: e.y - s.height - 2 }),
  aboveLeft: (e, s) => ({ x: e.x + e.width / 2 - 8 - s.width, y: e.y - s.height - 2 }),
};

const DEFAULT_PLACE = {
  'bpmn:BoundaryEvent': 'belowRight',
  'bpmn:ExclusiveGateway': 'above',
  'bpmn:ParallelGateway': 'above',
  'bpmn:InclusiveGateway': 'above',
  'bpmn:EventBasedGateway': 'above',
};

const DEFINITIONS = {
  message: 'bpmn:MessageEventDefinition',
  signal: 'bpmn:SignalEventDefinition',
  error: 'bpmn:ErrorEventDefinition',
  timer: 'bpmn:TimerEventDefinition',
  terminate: 'bpmn:TerminateEventDefinition',
};

const emptyDiagram = ({ id, name, platform, exporter }) => `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" ${platform.namespace}
  id="Definitions_${id}" targetNamespace="http://bpmn.io/schema/bpmn"
  exporter="${exporter.name}" exporterVersion="${exporter.version}"
  modeler:executionPlatform="${platform.name}" modeler:executionPlatformVersion="${platform.version}">
  <bpmn:process id="${id}" name="${name}" isExecutable="true" ${platform.processAttributes} />
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="${id}" />
  </bpmndi:BPMNDiagram>
</bpmn:definitions>`;

class Drawing {
  constructor(modeler, description) {
    for (const service of [
      'bpmnFactory', 'bpmnUpdater', 'canvas', 'connectionDocking', 'elementFactory', 'elementRegistry', 'modeling',
    ]) this[service] = modeler.get(service);
    this.description = description;
    this.definitions = modeler.getDefinitions();
    this.roots = {};
  }

  /** Plain data with `$type` becomes a model element, its children included. */
  build(plain, parent) {
    const { $type, extensions, ...properties } = plain;
    const element = this.bpmnFactory.create($type, {});
    if (parent) element.$parent = parent;
    for (const [name, value] of Object.entries(properties)) {
      const built = Array.isArray(value)
        ? value.map((item) => (item?.$type ? this.build(item, element) : item))
        : value?.$type ? this.build(value, element) : value;
      element.set(name, built);
    }
    if (extensions) element.set('extensionElements', this.extensionElements(extensions, element));
    return element;
  }

  extensionElements(values, parent) {
    const element = this.bpmnFactory.create('bpmn:ExtensionElements', {});
    element.$parent = parent;
    element.values = values.map((value) => this.build(value, element));
    return element;
  }

  /** Messages, signals and errors stand beside the process and are referred to by key. */
  declareRoots() {
    const { messages = {}, signals = {}, errors = {} } = this.description;
    const declare = (type, key, properties) => {
      this.roots[key] = this.build({ $type: type, id: key, ...properties }, this.definitions);
      this.definitions.get('rootElements').push(this.roots[key]);
    };
    for (const [key, { correlationKey, ...rest }] of Object.entries(messages)) {
      declare('bpmn:Message', key, {
        ...rest,
        ...(correlationKey
          ? { extensions: [{ $type: 'zeebe:Subscription', correlationKey }] }
          : {}),
      });
    }
    for (const [key, properties] of Object.entries(signals)) declare('bpmn:Signal', key, properties);
    for (const [key, properties] of Object.entries(errors)) declare('bpmn:Error', key, properties);
  }

  eventDefinition(element, trigger) {
    const kind = Object.keys(DEFINITIONS).find((key) => element[key] !== undefined);
    if (!kind) return;
    const [definition] = trigger.get('eventDefinitions');
    definition.set('id', `${element.id}_${kind}`);
    if (kind === 'timer') {
      const [name, body] = Object.entries(element.timer)[0];
      const expression = this.build({ $type: 'bpmn:FormalExpression', body }, definition);
      definition.set(name, expression);
    } else if (kind !== 'terminate') {
      definition.set(`${kind}Ref`, this.roots[element[kind]]);
    }
  }

  draw(element, parent) {
    const kind = Object.keys(DEFINITIONS).find((key) => element[key] !== undefined);
    const isNote = element.type === 'bpmn:TextAnnotation';
    const businessObject = this.bpmnFactory.create(element.type, {
      id: element.id,
      ...(isNote ? { text: element.name } : { name: element.name }),
    });
    const attributes = { type: element.type, businessObject };
    if (kind) attributes.eventDefinitionType = DEFINITIONS[kind];
    if (element.width) Object.assign(attributes, { width: element.width, height: element.height });
    if (element.elements) attributes.isExpanded = true;
    if (element.isInterrupting === false) attributes.cancelActivity = false;
    const position = { x: element.at[0], y: element.at[1] };
    const shape = this.elementFactory.createShape(attributes);
    const host = element.host && this.elementRegistry.get(element.host);
    const drawn = host
      ? this.modeling.createShape(shape, position, host, { attach: true })
      : this.modeling.createShape(shape, position, parent);
    this.fill(element, drawn);
    for (const child of element.elements ?? []) this.draw(child, drawn);
  }

  fill(element, shape) {
    const { businessObject } = shape;
    this.eventDefinition(element, businessObject);
    const properties = { ...element.attributes };
    if (element.extensions) {
      properties.extensionElements = this.extensionElements(element.extensions, businessObject);
    }
    if (element.loop) properties.loopCharacteristics = this.build(element.loop, businessObject);
    if (element.documentation) {
      properties.documentation = [
        this.build({ $type: 'bpmn:Documentation', text: element.documentation }, businessObject),
      ];
    }
    if (Object.keys(properties).length) this.modeling.updateProperties(shape, properties);
  }

  connect({ id, source, target, name, condition, isDefault, via, waypoints }) {
    const from = this.elementRegistry.get(source);
    const to = this.elementRegistry.get(target);
    if (!from || !to) throw new Error(`Expected both ends of ${id} to exist.`);
    const businessObject = this.bpmnFactory.create('bpmn:SequenceFlow', { id });
    const connection = this.modeling.connect(from, to, { type: 'bpmn:SequenceFlow', businessObject });
    if (condition) {
      const expression = this.build({ $type: 'bpmn:FormalExpression', body: condition });
      expression.$parent = connection.businessObject;
      this.modeling.updateProperties(connection, { conditionExpression: expression });
    }
    if (isDefault) this.modeling.updateProperties(from, { default: connection.businessObject });
    if (name) this.modeling.updateProperties(connection, { name });
    if (via) this.route(connection, via);
    if (waypoints) this.modeling.updateWaypoints(connection, waypoints.map(([x, y]) => ({ x, y })));
  }

  /** `via` lists the corners; the ends are cropped at the shapes' borders. */
  route(connection, via) {
    const middle = (shape) => ({ x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 });
    const corners = via.map(([x, y]) => ({ x, y }));
    connection.waypoints = [middle(connection.source), ...corners, middle(connection.target)];
    const cropped = this.connectionDocking.getCroppedWaypoints(connection);
    this.modeling.updateWaypoints(
      connection,
      cropped.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })),
    );
  }

  note({ id, about }) {
    if (!about) return;
    const businessObject = this.bpmnFactory.create('bpmn:Association', { id: `${id}_about_${about}` });
    this.modeling.connect(this.elementRegistry.get(about), this.elementRegistry.get(id), {
      type: 'bpmn:Association',
      businessObject,
    });
  }

  label(element) {
    const shape = this.elementRegistry.get(element.id);
    if (!shape.label) return;
    const size = labelSize(element.name);
    const { label = DEFAULT_PLACE[element.type] ?? 'below' } = element;
    const place = Array.isArray(label) ? { x: label[0], y: label[1] } : BESIDE[label](shape, size);
    this.setLabel(shape, element.name, { ...place, ...size });
  }

  labelFlow({ id, name, label, isDefault }) {
    if (!name) return;
    const connection = this.elementRegistry.get(id);
    const size = labelSize(name);
    const [first, second] = connection.waypoints;
    const clear = isDefault ? 12 : 4; // a default flow has a slash near its start
    let place;
    if (label) place = { x: label[0], y: label[1] };
    else if (first.y === second.y) {
      const toRight = second.x > first.x;
      place = { x: toRight ? first.x + clear : first.x - clear - size.width, y: first.y - size.height - 3 };
    } else {
      const down = second.y > first.y;
      place = { x: first.x + Math.max(clear - 2, 5), y: down ? first.y + 6 : first.y - 6 - size.height };
    }
    this.setLabel(connection, name, { ...place, ...size });
  }

  setLabel(element, text, bounds) {
    const whole = Object.fromEntries(Object.entries(bounds).map(([k, v]) => [k, Math.round(v)]));
    this.modeling.updateLabel(element, text, whole);
    // The modeler measures the text again with the fonts it finds; these bounds stay the same.
    const { label } = element;
    Object.assign(label, whole);
    this.bpmnUpdater.updateBounds(label);
  }
}

const everyElement = (elements) =>
  elements.flatMap((element) => [element, ...everyElement(element.elements ?? [])]);

/** Builds the described diagram and returns its XML. */
window.author = async (description) => {
  document.body.innerHTML = '<div id="canvas" style="width:2000px;height:1400px"></div>';
  const modeler = new BpmnModeler({ container: '#canvas' });
  await modeler.importXML(emptyDiagram(description));
  const drawing = new Drawing(modeler, description);
  const root = drawing.canvas.getRootElement();
  if (description.documentation) drawing.fill({ documentation: description.documentation }, root);
  drawing.declareRoots();
  const elements = everyElement(description.elements);
  for (const element of description.elements) drawing.draw(element, root);
  for (const flow of description.flows) drawing.connect(flow);
  for (const element of elements) {
    if (element.type === 'bpmn:TextAnnotation') drawing.note(element);
  }
  for (const element of elements) drawing.label(element);
  for (const flow of description.flows) drawing.labelFlow(flow);
  return (await modeler.saveXML({ format: true })).xml;
};

/** Opens XML as a person would and returns the drawing, with what the import complained about. */
window.picture = async (xml) => {
  document.body.innerHTML = '<div id="canvas" style="width:2000px;height:1400px"></div>';
  const modeler = new BpmnModeler({ container: '#canvas' });
  const { warnings } = await modeler.importXML(xml);
  const { svg } = await modeler.saveSVG();
  return { svg, warnings: warnings.map(({ message }) => message) };
};
