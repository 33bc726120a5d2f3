"""Data stores, as people see them: what each holds, and filling one by hand."""

from __future__ import annotations

from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import data_documents
from bpmn_engine.store.data_documents import DataDocument
from bpmn_engine.values import JsonValue


class DataStoreUseCases(UseCases):
    """What operators do about data stores."""

    def data_stores(self) -> tuple[DataDocument, ...]:
        """Return what every data store holds, by name.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._read(data_documents.every)

    def data_store(self, name: str) -> DataDocument | Problem:
        """Return what a data store holds; NOT_FOUND before its first use.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        found = self._read(lambda session: data_documents.find(session, name))
        return not_found("data store", name) if found is None else found

    def fill_data_store(self, name: str, content: JsonValue) -> Problem | None:
        """Replace what a data store holds, or fill one before its first use."""

        def work(unit: UnitOfWork) -> None:
            data_documents.lock(unit.session, name, unit.now)
            data_documents.write(unit.session, name, content, now=unit.now, by=None)
            unit.touch("data-stores")

        return self._commit(work)
