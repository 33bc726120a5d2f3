"""What each process of a run of many seeds does; a process that is spawned imports it by name."""

from __future__ import annotations

from typing import Final

from tests.simulation.simulation import Outcome, World, simulate

WORLDS: Final[list[World]] = []
"""The world of this process, once there is one."""


def world_of_process() -> World:
    """Return the world of this process, made now if need be."""
    if not WORLDS:
        WORLDS.append(World())
    return WORLDS[0]


def run(work: tuple[int, int]) -> Outcome:
    """Simulate one seed: its number, and the steps with faults."""
    return simulate(world_of_process(), work[0], most_steps=work[1])
