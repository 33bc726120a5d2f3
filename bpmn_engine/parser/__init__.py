"""Stage 1, reading: XML bytes become `bpmn_engine.model`, through SpiffWorkflow's parser.

The rule is *execute, document or refuse; never reinterpret*. `reader.read_definitions` is the only
door. No other package imports SpiffWorkflow or lxml.
"""
