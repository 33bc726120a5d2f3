"""The files of what was deployed, and deploying them once more."""

from __future__ import annotations

from bpmn_engine.ids import Key
from bpmn_engine.service.deployments import DeploymentUseCases
from bpmn_engine.service.outcomes import Problem, Resource, invalid, not_found
from bpmn_engine.store import resources
from bpmn_engine.store.resources import ATTACHMENT, StoredFile
from bpmn_engine.views.definitions import DeploymentResult


class DeploymentFiles(DeploymentUseCases):
    """What is done with the files of deployments."""

    def deployed_file(self, resource_key: int) -> Resource | Problem:
        """Return a file, byte for byte as it was deployed."""
        key = Key(resource_key)
        found = self._read(lambda session: resources.find(session, (key,))).get(key)
        return not_found("file", resource_key) if found is None else _resource(found)

    def redeploy(
        self,
        deployment_key: int,
        *,
        resource_keys: frozenset[int] = frozenset(),
        resource_names: frozenset[str] = frozenset(),
        name: str | None = None,
        source: str | None = None,
        actor: str | None = None,
    ) -> DeploymentResult | Problem:
        """Deploy files of a deployment as new versions: those named by key or name, else all."""
        files = self._read(lambda session: resources.of_deployment(session, Key(deployment_key)))
        if not files:
            return not_found("deployment", deployment_key)
        missing = (
            {str(key) for key in resource_keys - {each.key for each in files}}
            | (resource_names - {each.name for each in files})
        )  # fmt: skip
        if missing:
            return invalid(
                f"Expected files of the deployment {deployment_key}, but it has no "
                f"{', '.join(sorted(missing))}."
            )
        is_all = not (resource_keys or resource_names)
        wanted = [
            each
            for each in files
            if is_all or each.key in resource_keys or each.name in resource_names
        ]
        return self.deploy(
            [_resource(each) for each in wanted if each.kind != ATTACHMENT],
            attachments=[_resource(each) for each in wanted if each.kind == ATTACHMENT],
            name=name,
            source=source,
            actor=actor,
            only_if_changed=False,
        )


def _resource(file: StoredFile) -> Resource:
    return Resource(name=file.name, content=file.content)
