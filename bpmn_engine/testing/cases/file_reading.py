"""From a test file to its cases, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing.cases.case_file import CaseFile, ProcessCase, UnreadableFile
from bpmn_engine.testing.cases.deployed_files import read_resources
from bpmn_engine.testing.cases.examples import FilledCase, fill_cases
from bpmn_engine.testing.cases.file_format import FILE, STEPS
from bpmn_engine.testing.cases.shapes import did_you_mean, find_problems
from bpmn_engine.testing.cases.spans import read_moment
from bpmn_engine.testing.cases.step_reading import (
    read_answers,
    read_steps,
    scalars,
    variables,
)
from bpmn_engine.testing.cases.yaml_nodes import (
    MAX_BYTES,
    Entries,
    FileProblem,
    Items,
    Node,
    Place,
    read_yaml,
)
from bpmn_engine.values import Variables

SUFFIXES: Final = (".bpmn-test.yaml", ".bpmn-test.yml")
"""How the names of test files end."""

_TOP: Final = Place(line=1, column=1)
_MOST_CASES: Final = 10_000


def read_case_file(path: Path, *, folders: Sequence[Path] = ()) -> CaseFile | UnreadableFile:
    """Read and check a test file and the files that it deploys.

    Args:
        path: the test file.
        folders: where deployed files may be, beside the test file's own folder.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = FileProblem(place=_TOP, message=f"Expected to read it, but: {error.strerror}.")
        return UnreadableFile(path=path, lines=(), problems=(problem,))
    lines = tuple(content.decode("utf-8", errors="replace").splitlines())
    answer = _read(path, lines, content, folders)
    if isinstance(answer, CaseFile):
        return answer
    ordered = sorted(set(answer), key=lambda problem: (problem.place, problem.message))
    return UnreadableFile(path=path, lines=lines, problems=tuple(ordered))


def _read(
    path: Path, lines: tuple[str, ...], content: bytes, folders: Sequence[Path]
) -> CaseFile | Sequence[FileProblem]:
    root = read_yaml(content)
    if isinstance(root, FileProblem):
        return (root,)
    if not isinstance(root, Entries):
        return tuple(find_problems(root, FILE))
    cases, problems = _fill(root)
    problems += find_problems(_with_cases(root, cases), FILE)
    problems += (problem for case in cases for problem in _problems_of(case, root))
    problems += _repeated_names(cases)
    if problems:
        return problems
    names = scalars(root.find("deploy"))
    found = list(read_resources(names, file=path, folders=folders))
    problems += (one for one in found if isinstance(one, FileProblem))
    if problems:
        return problems
    return CaseFile(
        path=path,
        lines=lines,
        resources=tuple(one for one in found if isinstance(one, Resource)),
        deploy_place=names[0].place,
        cases=tuple(_process_case(case, root) for case in cases),
    )


def _fill(root: Entries) -> tuple[list[FilledCase], list[FileProblem]]:
    written = root.find("cases")
    if not isinstance(written, Items):
        return [], []
    filled = list(fill_cases(written, root.find("setup")))
    if len(filled) > _MOST_CASES:
        message = f"Expected at most {_MOST_CASES:,} cases, but there are {len(filled):,}."
        return [], [FileProblem(place=written.place, message=message)]
    cases = [one for one in filled if isinstance(one, FilledCase)]
    return cases, [one for one in filled if isinstance(one, FileProblem)]


def _with_cases(root: Entries, cases: Sequence[FilledCase]) -> Entries:
    """Return the file with its cases filled; the setup is looked at with each of them."""
    filled = tuple(case.case for case in cases)
    entries = tuple(
        replace(entry, value=replace(entry.value, items=filled))
        if entry.key == "cases" and filled and isinstance(entry.value, Items)
        else entry
        for entry in root.entries
        if entry.key != "setup" or not filled
    )
    return replace(root, entries=entries)


def _problems_of(case: FilledCase, root: Entries) -> Iterator[FileProblem]:
    if case.setup is not None:
        yield from find_problems(case.setup, STEPS)
    sets = root.find("variable sets")
    known = [entry.key for entry in sets.entries] if isinstance(sets, Entries) else []
    steps = case.case.find("steps") if isinstance(case.case, Entries) else None
    for part in (case.setup, steps):
        for step in part.items if isinstance(part, Items) else ():
            used = scalars(step.find("use")) if isinstance(step, Entries) else ()
            for name in used:
                if name.text not in known:
                    yield FileProblem(
                        place=name.place,
                        message=f"Expected the name of a variable set, but {name.text!r} is none."
                        f"{did_you_mean(name.text, known)}",
                    )


def _repeated_names(cases: Sequence[FilledCase]) -> Iterator[FileProblem]:
    seen: dict[str, Place] = {}
    for case in cases:
        if case.name in seen:
            yield FileProblem(
                place=case.place,
                message=f"Expected each case to have a name of its own, but {case.name!r} is "
                f"also that of line {seen[case.name].line}.",
            )
        seen[case.name] = case.place


def _process_case(filled: FilledCase, root: Entries) -> ProcessCase:
    case = filled.case if isinstance(filled.case, Entries) else root
    sets = _variable_sets(root.find("variable sets"))
    clock = scalars(case.find("clock")) or scalars(root.find("clock"))
    return ProcessCase(
        name=filled.name,
        place=filled.place,
        starts_at=read_moment(clock[0].text) if clock else None,
        answers={**read_answers(root.find("jobs")), **read_answers(case.find("jobs"))},
        steps=(*read_steps(filled.setup, sets), *read_steps(case.find("steps"), sets)),
    )


def _variable_sets(node: Node | None) -> Mapping[str, Variables]:
    entries = node.entries if isinstance(node, Entries) else ()
    return {entry.key: variables(entry.value) for entry in entries}
