"""The resources of Camunda 7's REST API, a module each, on the blueprint of `engine_rest`."""
