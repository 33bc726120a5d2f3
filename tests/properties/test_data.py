"""Activities begin when their data is there, whatever the order of the work (section 10.4.2)."""

from __future__ import annotations

from hypothesis import given, note
from hypothesis import strategies as st

from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.codec import decode_state, encode_state
from tests.data_diagrams import data_object, moves, plain, user, working
from tests.diagrams import Element, end, parallel, process, start
from tests.kernel import Run, started
from tests.properties.effort import careful

Needs = list[set[int]]
"""For each activity the earlier ones whose data it needs; it writes data of its own."""


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    """Draw up to eight activities that need one another's data, never in a circle."""
    count = draw(st.integers(1, 8))
    return [draw(st.sets(st.integers(0, max(0, one - 1)), max_size=one)) for one in range(count)]


def drawn(wanted: Needs) -> bytes:
    """Draw all activities side by side; only data says which goes first."""
    elements: dict[str, Element] = {"s": start(), "f": parallel()}
    for one, sources in enumerate(wanted):
        elements[f"a{one}"] = working(
            user(),
            needs={f"i{one}_{other}": "" for other in sources},
            gives={f"o{one}": ""},
            takes=tuple(moves(f"d{other}", f"i{one}_{other}") for other in sources),
            puts=(moves(f"o{one}", f"d{one}"),),
        )
    elements |= {"j": parallel(), "e": end()}
    elements |= {f"d{one}": data_object() for one in range(len(wanted))}
    flows = [f"f -> a{one} -> j" for one in range(len(wanted))]
    return plain(process("s -> f", *flows, "j -> e", **elements))


def restarted(run: Run) -> None:
    """Go on with what was written and read again."""
    state = decode_state(run.graph, encode_state(run.graph, run.state))
    assert state == run.state, run.trace()
    run.state = state


def offered(run: Run) -> list[int]:
    """Return the activities that somebody may do now."""
    return [
        int(run.name(wait.node)[1:])
        for _, wait in sorted(run.state.waits.items())
        if wait.kind is WaitKind.USER_TASK
    ]


@careful(60)
@given(needs(), st.data())
def test_each_activity_begins_with_its_data_and_all_end(wanted, data):
    run = started(drawn(wanted))
    done: set[int] = set()

    while ready := offered(run):
        note(f"{ready} of {wanted}")
        missing = [one for one in range(len(wanted)) if one not in done and one not in ready]
        assert all(wanted[one] <= done for one in ready)
        assert all(not wanted[one] <= done for one in missing)
        one = data.draw(st.sampled_from(ready))
        visit = run.waits(f"a{one}")[0].visit
        own = run.state.variables[visit]
        assert {own[f"i{one}_{other}"] for other in wanted[one]} == wanted[one]
        run.complete(f"a{one}", {f"o{one}": one})
        done.add(one)
        restarted(run)

    assert run.is_completed
    assert run.variables == {f"d{one}": one for one in sorted(done)}
    assert len(done) == len(wanted)
