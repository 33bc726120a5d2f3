"""Stage 1, what the file says: frozen dataclasses named as in the BPMN 2.0.2 metamodel.

No behaviour. Vendor extensions of both Camunda flavours are read into the same, neutral classes
of `bpmn_engine.model.extensions`: nothing after the parser knows which modeler drew a diagram.
"""
