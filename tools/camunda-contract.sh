#!/bin/sh
# Fetches Camunda 7's own OpenAPI document into Maven's local repository, where the contract tests
# look for it. Needs Maven with a registry; without the document those tests are skipped.
set -eu
exec mvn -q -B dependency:get -Dtransitive=false \
  -Dartifact=org.camunda.bpm:camunda-engine-rest-openapi:7.24.0
