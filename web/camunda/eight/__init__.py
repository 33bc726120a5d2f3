"""The Orchestration Cluster API of Camunda 8.8 to 8.10 (`/v2`): one module for each resource.

Source: Camunda's OpenAPI document, and what the released clients ask for. Every answer holds the
superset of members that any of them demands; keys are decimal strings.
"""
