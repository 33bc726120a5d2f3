"""The tables that guard the web are whole."""

from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.service.views import ProblemKind
from web.errors import STATUS
from web.pages.incident_words import explanation
from web.pages.routes import ROUTES
from web.permissions import MINIMUM_ROLE


def test_every_kind_of_problem_has_a_status_of_the_4xx_or_5xx() -> None:
    assert set(STATUS) == set(ProblemKind)
    assert all(status >= 400 for status in STATUS.values())


def test_every_kind_of_incident_is_explained() -> None:
    assert all(explanation(kind) for kind in IncidentKind)


def test_every_page_has_a_role() -> None:
    names = {f"pages.{view.__name__}" for _methods, _rule, view in ROUTES}

    assert names <= set(MINIMUM_ROLE)
    assert len(names) == len(ROUTES)
