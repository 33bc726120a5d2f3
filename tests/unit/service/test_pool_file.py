"""The file of resource pools: what it may say, and how a rate fills up."""

import datetime as dt

import pytest

from bpmn_engine.errors import SettingError
from bpmn_engine.service.pool_file import (
    NO_POOLS,
    ResourcePool,
    filled_tokens,
    load_pools,
)
from bpmn_engine.store.resource_pools import PoolRow

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def test_without_a_file_there_are_no_pools():
    assert load_pools("") is NO_POOLS
    assert not NO_POOLS


def test_a_pool_says_who_shares_what(tmp_path):
    file = tmp_path / "pools.toml"
    file.write_text(
        "[sap-sessions]\n"
        'job_types = ["sap"]\n'
        'profiles = ["production"]\n'
        "size = 8\n"
        "holds_while_watched = false\n"
        "[partner]\n"
        'job_types = ["http", "sap"]\n'
        "rate = 60\n"
        "per_seconds = 30\n"
        "burst = 5\n"
    )

    pools = load_pools(str(file))

    sap, partner = pools.pools
    assert sap == ResourcePool(
        name="sap-sessions",
        job_types=frozenset({"sap"}),
        profiles=frozenset({"production"}),
        size=8,
        holds_while_watched=False,
        rate=None,
        burst=1,
    )
    assert (partner.size, partner.rate, partner.burst) == (None, 2.0, 5.0)
    assert pools.of_job("sap", "production") == (sap, partner)
    assert pools.of_job("sap", "test") == (partner,)
    assert pools.of_every("sap") == {"partner"}
    assert pools.of_types(frozenset({"mail"})) == ()
    assert pools.has_profiles("sap")
    assert not pools.has_profiles("http")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size = 8", "a table for each pool"),
        ('[a]\njob_types = ["x"]', "a size or a rate"),
        ('[a]\njob_types = ["x"]\nsize = 0', "a whole number from 1"),
        ('[a]\njob_types = ["x"]\nsize = true', "a whole number from 1"),
        ('[a]\njob_types = ["x"]\nrate = -1', "a number above 0 as rate"),
        ('[a]\njob_types = ["x"]\nrate = 1\nper_seconds = 0', "above 0 as per_seconds"),
        ("[a]\njob_types = []\nsize = 1", "a list of names as job_types"),
        ('[a]\njob_types = "x"\nsize = 1', "a list of names as job_types"),
        ('[a]\njob_types = ["x"]\nprofiles = [1]\nsize = 1', "a list of names as profiles"),
        ('[a]\njob_types = ["x"]\nsize = 1\nholds_while_watched = 1', "true or false"),
        ('[a]\njob_types = ["x"]\nsizes = 1', "but got sizes"),
        ("[a", "Expected resource pools in"),
    ],
)
def test_what_is_not_usable_is_said(tmp_path, text, said):
    file = tmp_path / "pools.toml"
    file.write_text(text)

    with pytest.raises(SettingError, match=said):
        load_pools(str(file))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SettingError, match="nowhere"):
        load_pools(str(tmp_path / "nowhere.toml"))


@pytest.mark.parametrize(
    ("tokens", "seconds", "filled"),
    [(0.0, 1, 2.0), (1.5, 1, 3.5), (4.0, 60, 5.0), (3.0, -10, 3.0)],
)
def test_a_rate_fills_up_to_its_burst_and_never_runs_backwards(tokens, seconds, filled):
    pool = ResourcePool(
        name="p",
        job_types=frozenset({"x"}),
        profiles=frozenset(),
        size=None,
        holds_while_watched=True,
        rate=2.0,
        burst=5.0,
    )
    row = PoolRow(name="p", tokens=tokens, filled_at=NOON)

    assert filled_tokens(pool, row, NOON + dt.timedelta(seconds=seconds)) == filled
    assert filled_tokens(pool, None, NOON) == 5.0
