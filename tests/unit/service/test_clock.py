"""The clocks."""

import datetime as dt

from bpmn_engine.clock import SystemClock, VirtualClock


def test_the_system_clock_is_aware_and_in_utc():
    assert SystemClock().now().utcoffset() == dt.timedelta(0)


def test_a_virtual_clock_stands_still_until_it_is_moved():
    clock = VirtualClock()
    start = clock.now()

    clock.advance(dt.timedelta(hours=1))
    later = clock.now()
    clock.set(start)

    assert later - start == dt.timedelta(hours=1)
    assert clock.now() == start
