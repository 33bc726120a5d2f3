"""JUEL: the Unified Expression Language (JSR 245), as Camunda 7 diagrams use it."""
