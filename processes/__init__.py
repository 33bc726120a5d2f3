"""The processes that are shipped: one folder each with diagram, forms and README.

`processes.simulator` answers the jobs of systems that are not connected. Nothing of the engine
imports this package; diagrams and forms are read from its folders.
"""
