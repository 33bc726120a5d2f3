"""The resources of Camunda 7's REST API, one module each."""
