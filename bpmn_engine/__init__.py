"""A durable engine for BPMN 2.0 processes.

Data goes one way, imports go the other::

    BPMN XML -> parser -> model -> graph -> kernel -> store -> service -> workers | web
                              expressions ^                      adapters (through a port)
"""
