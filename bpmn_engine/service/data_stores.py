"""Data stores, as people see them: what each holds, and filling one by hand."""

from __future__ import annotations

from bpmn_engine.ids import Key
from bpmn_engine.service import data_store_work
from bpmn_engine.service.job_work import JobReference
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import data_documents, jobs
from bpmn_engine.store.data_documents import DataDocument
from bpmn_engine.values import JsonValue


class DataStoreUseCases(UseCases):
    """What operators do about data stores, and what workers do where some are outside tables.

    Documents alone are read and written with the follow-ups of what caused it. An outside database
    may be slow or away: where one is configured, all jobs of data stores are left to workers.
    """

    def has_outside_tables(self) -> bool:
        """Tell whether data stores are configured as tables of other databases."""
        return bool(self.settings.data_stores)

    def do_data_store_jobs(self, limit: int) -> int:
        """Do jobs of data stores that are due, if they are left to workers; return how many.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        if not self.has_outside_tables():
            return 0
        taken = self._commit(lambda unit: data_store_work.take(unit, limit))
        references = [] if isinstance(taken, Problem) else taken
        for one in references:
            self.do_data_store_job(one.key, lock_token=one.lock_token, worker=one.worker)
        return len(references)

    def do_data_store_job(
        self, key: int, *, lock_token: str | None, worker: str | None = None
    ) -> Problem | None:
        """Do one job of data stores that the caller has locked, and record what became of it.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        reference = JobReference(key=Key(key), lock_token=lock_token, worker=worker)
        row = self._read(lambda session: jobs.find_jobs(session, [Key(key)]).get(Key(key)))
        if row is None:
            return not_found("job", key)
        tables = self._transactions.outside_tables
        reached = data_store_work.reach_outside(tables, row)
        return self._commit(lambda unit: data_store_work.do(unit, reference, tables, reached))

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
