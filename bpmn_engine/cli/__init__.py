"""The command `bpmn-engine`: the composition root, and everything an operator types."""
