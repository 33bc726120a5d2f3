"""The REST APIs of Camunda 7 (`/engine-rest`) and Camunda 8 (`/v2`), beside our own.

What Camunda Modeler sends when somebody presses Deploy, and what workers written with Camunda's
client libraries send, works unchanged and on the same instances. The rest answers 501.
"""
