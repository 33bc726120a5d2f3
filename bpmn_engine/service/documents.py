"""Documents: stored for clients beside processes, for as long as they say."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.service.outcomes import Problem, conflict, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import documents
from bpmn_engine.store.database import Session
from bpmn_engine.views.records import StoredDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent:
    """A document with its bytes."""

    known: StoredDocument
    content: bytes


class DocumentUseCases(UseCases):
    """What clients keep in the engine; a document beyond its time is not there."""

    def store_document(
        self, known: StoredDocument, content: bytes, *, actor: str | None = None
    ) -> Problem | None:
        """Store a document; one of the same id is a CONFLICT."""

        def work(unit: UnitOfWork) -> None:
            if not documents.store(unit.session, known, content, actor):
                raise AbandonedError(
                    conflict(
                        f"Expected no document {known.document_id!r}, but there is one. "
                        "Delete it before, or take another id."
                    )
                )

        return self._commit(work)

    def document(self, document_id: str) -> DocumentContent | Problem:
        """Return a document."""
        now = self.clock.now()

        def query(session: Session) -> DocumentContent | Problem:
            known = documents.find(session, document_id, now)
            content = documents.content(session, document_id, now)
            if known is None or content is None:
                return not_found("document", document_id)
            return DocumentContent(known=known, content=content)

        return self._read(query)

    def delete_document(self, document_id: str) -> Problem | None:
        """Delete a document."""

        def work(unit: UnitOfWork) -> None:
            if not documents.remove(unit.session, document_id):
                raise AbandonedError(not_found("document", document_id))

        return self._commit(work)

    def expire_documents(self, limit: int = 1000) -> int:
        """Delete documents that are beyond their time; returns how many."""
        return self._count(lambda unit: documents.delete_expired(unit.session, unit.now, limit))
