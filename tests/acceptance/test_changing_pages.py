"""The tab Change of an instance, and the pages of migrations, as operators use them."""

import re

import httpx
import pytest

from bpmn_engine.service.views import Resource
from tests.acceptance.site import Site
from tests.diagrams import ad_hoc, each, end, process, service, start, user


def version(task: str) -> bytes:
    return process(
        f"s -> check -> {task} -> e",
        process_id="stock",
        s=start(),
        check=user(),
        e=end(),
        **{task: service("pick")},
    ).replace(f'id="{task}"'.encode(), f'id="{task}" name="Pick goods"'.encode())


def deploy(site: Site, xml: bytes) -> int:
    result = site.service.deploy([Resource(name="stock.bpmn", content=xml)], actor="carol")
    return result.definitions[0].definition_key


def begin(site: Site, process_id: str = "stock", **variables) -> int:
    return site.service.start_instance(process_id, variables=variables, actor="carol").key


def visit(site: Site, key: int, element_id: str) -> int:
    return next(
        one.key for one in site.service.instance(key).open_visits if one.element_id == element_id
    )


def here(site: Site, key: int) -> list[str]:
    return sorted(one.element_id for one in site.service.instance(key).open_visits)


def change(carol: httpx.Client, key: int, what: str, **form: object) -> httpx.Response:
    answer = carol.post(
        f"/instances/{key}/{what}", data={"reason": "It was wrong.", **form}, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
def key(site: Site) -> int:
    """An instance that waits at `check`."""
    deploy(site, version("pick"))
    return begin(site, amount=5)


# The tab Change ---------------------------------------------------------------------------------


def test_the_tab_is_for_operators(site: Site, key: int) -> None:
    operator = site.browser("carol").get(f"/instances/{key}?tab=change").text
    staff = site.browser("alice")
    site.service.modify_instance(key, [], reason="-")

    assert all(f'id="{form}"' in operator for form in ("move", "skip", "repeat"))
    assert 'id="restart"' not in operator
    assert "begin-element" not in operator
    assert "?tab=change" not in staff.get(f"/instances/{key}").text
    for what in ("move", "skip", "repeat", "begin", "restart"):
        refused = staff.post(f"/instances/{key}/{what}", data={"reason": "x"})
        assert refused.status_code == 403


def test_an_instance_is_moved_from_here_to_there(site: Site, key: int) -> None:
    carol = site.browser("carol")

    page = change(
        carol,
        key,
        "move",
        visit=visit(site, key, "check"),
        place="before",
        element_id="pick",
        variables='{"x": 1}',
    )

    assert "The instance was moved." in page.text
    assert here(site, key) == ["pick"]
    entry = site.service.instance_journal(key).items[0]
    assert (entry.actor, entry.reason) == ("carol", "It was wrong.")


def test_an_element_is_skipped_and_repeated(site: Site, key: int) -> None:
    carol = site.browser("carol")

    change(carol, key, "skip", visit=visit(site, key, "check"), variables='{"ok": true}')
    skipped = here(site, key)
    change(carol, key, "repeat", element_id="check")

    assert skipped == ["pick"]
    assert here(site, key) == ["check", "pick"]
    assert site.service.instance(key).variables == {"amount": 5, "ok": True}


def test_the_instances_of_a_loop_are_skipped_together(site: Site) -> None:
    loop = each("people", "one")
    deploy(site, process("s -> a -> e", s=start(), a=user(loop=loop), e=end()))
    key = begin(site, "p", people=[1, 2])
    carol = site.browser("carol")
    tab = carol.get(f"/instances/{key}?tab=change").text
    offered = re.findall(r'<option value="(\d+)"', tab[tab.index('id="skip-visit"') :])

    change(carol, key, "skip", visit=offered[0])

    assert len(offered) == 1
    assert site.service.instance(key).summary.status.value == "completed"


def test_an_element_of_an_ad_hoc_sub_process_begins(site: Site) -> None:
    deploy(
        site,
        process("s -> h -> e", s=start(), h=ad_hoc(by_hand=True, a=user(), b=user()), e=end()),
    )
    key = begin(site, "p")
    carol = site.browser("carol")
    tab = carol.get(f"/instances/{key}?tab=change").text

    change(carol, key, "begin", element=f"{visit(site, key, 'h')} b")

    assert f'value="{visit(site, key, "h")} a"' in tab
    assert here(site, key) == ["b", "h"]


def test_a_finished_instance_is_restarted_once_from_one_page(site: Site, key: int) -> None:
    site.service.cancel_instance(key)
    carol = site.browser("carol")
    tab = carol.get(f"/instances/{key}?tab=change").text
    request_key = re.search(r'name="request_key" value="([^"]+)"', tab)[1]
    form = {
        "place": "before",
        "element_id": "pick",
        "origin": "end",
        "variables": '{"amount": 6}',
        "request_key": request_key,
    }

    first = change(carol, key, "restart", **form)
    again = change(carol, key, "restart", **form)

    (new,) = site.service.instance(key).restarted_as
    assert first.url == again.url
    assert str(first.url).endswith(f"/instances/{new}")
    assert f'href="/instances/{key}"' in first.text
    assert f'href="/instances/{new}"' in carol.get(f"/instances/{key}").text
    assert here(site, new) == ["pick"]
    assert site.service.instance(new).variables == {"amount": 6}


@pytest.mark.parametrize(
    ("what", "form", "words"),
    [
        ("move", {"reason": "", "element_id": "pick"}, "Expected a reason"),
        ("move", {"variables": "{", "element_id": "pick"}, "Variables:"),
        ("move", {"variables": "[]", "element_id": "pick"}, "Expected a JSON object."),
        ("move", {"element_id": "nope"}, "Expected a flow node"),
        ("skip", {"visit": "999"}, "but it is not."),
        ("repeat", {"element_id": "pick"}, "but it never was."),
        ("begin", {"element": "x"}, "Expected one active ad-hoc sub-process"),
        ("restart", {}, "to have ended"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    site: Site, key: int, what: str, form: dict, words: str
) -> None:
    page = change(site.browser("carol"), key, what, **form)

    assert words in page.text.replace("&#39;", "'")
    assert str(page.url).endswith("?tab=change")
    assert len(site.service.instance_journal(key).items) == 1


def test_a_suspended_instance_is_resumed_first(site: Site, key: int) -> None:
    site.service.suspend_instance(key)

    tab = site.browser("carol").get(f"/instances/{key}?tab=change").text

    assert "Resume it first" in tab
    assert 'id="move"' not in tab


# Migrations -------------------------------------------------------------------------------------


@pytest.fixture
def keys(site: Site, key: int) -> list[int]:
    """Three instances of version 1 of a process that has a version 2."""
    found = [key, begin(site, amount=6), begin(site, amount=7)]
    deploy(site, version("take"))
    return found


FORM = {
    "map:s": "s",
    "map:check": "check",
    "map:pick": "take",
    "map:e": "e",
    "update:pick": "on",
    "reason": "Version 2 is right.",
}
ADDRESS = "/processes/stock/migrate?from=1&to=2"


def test_the_page_of_a_process_leads_to_its_plan(site: Site, keys: list[int]) -> None:
    carol, alice = site.browser("carol"), site.browser("alice")

    definition = carol.get("/processes/stock?version=1").text
    page = carol.get(ADDRESS).text

    assert 'href="/processes/stock/migrate?from=1"' in definition
    assert "/migrate?" not in alice.get("/processes/stock").text
    assert alice.get(ADDRESS).status_code == 403
    assert "Migrate 3 running instances to version 2" in page
    assert '<option value="take" selected>Pick goods (take)</option>' in page
    assert page.count("by name: look at it") == 1
    assert carol.get("/processes/nope/migrate").status_code == 404


def test_a_rehearsal_shows_what_would_be_and_changes_nothing(site: Site, keys: list[int]) -> None:
    carol = site.browser("carol")
    form = {**FORM, "variables": '[{"removed": ["amount"]}]', "what": "rehearse"}

    page = carol.post(ADDRESS, data=form)

    assert page.status_code == 200
    assert page.text.count("be migrated") == 3
    assert "lose amount" in page.text
    assert "check, take, e: completed" in page.text
    assert "checked" in page.text
    assert [site.service.instance(one).summary.version for one in keys] == [1, 1, 1]


def test_instances_are_migrated_and_the_page_follows(site: Site, keys: list[int]) -> None:
    site.service.suspend_instance(keys[1])
    carol = site.browser("carol")

    page = carol.post(ADDRESS, data={**FORM, "what": "apply"}, follow_redirects=True)

    assert page.status_code == 200
    assert "3 of 3 instances" in page.text
    assert f'href="/instances/{keys[1]}"' in page.text
    assert "but it is suspended." in page.text
    assert "Version 2 is right." in carol.get("/migrations").text
    site.service.resume_instance(keys[1])
    again = carol.post(f"{page.url.path}/retry", follow_redirects=True)
    assert "Not migrated" not in again.text
    assert [site.service.instance(one).summary.version for one in keys] == [2, 2, 2]
    entry = site.service.instance_journal(keys[0]).items[0]
    assert (entry.actor, entry.reason) == ("carol", "Version 2 is right.")


def test_one_instance_is_migrated_from_its_own_page(site: Site, keys: list[int]) -> None:
    carol = site.browser("carol")
    tab = carol.get(f"/instances/{keys[1]}?tab=change").text
    address = re.search(r'id="migrate" href="([^"]+)"', tab)[1].replace("&amp;", "&")

    shown = carol.get(address).text
    rehearsed = carol.post(f"{address}&to=2", data={**FORM, "what": "rehearse"}).text
    carol.post(f"{address}&to=2", data={**FORM, "what": "apply"})

    assert "Migrate 1 running instance to version 2" in shown
    assert rehearsed.count("be migrated") == 1
    assert [site.service.instance(one).summary.version for one in keys] == [1, 2, 1]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"reason": ""}, "Expected a reason"),
        ({"map:check": "take"}, "is of another kind"),
        ({"variables": "{"}, "This plan cannot be used."),
        ({"variables": '[{"nope": 1}]'}, "Expected variables of a migration plan"),
        ({"flows": '[{"source": "x", "target": "y"}]'}, "to have a flow"),
    ],
)
def test_a_plan_that_cannot_be_used_is_shown_again(
    site: Site, keys: list[int], form: dict, words: str
) -> None:
    page = site.browser("carol").post(ADDRESS, data={**FORM, "what": "apply", **form})

    assert page.status_code == 422
    assert words in page.text.replace("&#39;", "'")
    assert site.service.migrations().items == ()


def test_a_migration_of_nobody_is_not_found(site: Site) -> None:
    carol = site.browser("carol")

    assert carol.get("/migrations/1").status_code == 404
    assert "No migrations" in carol.get("/migrations").text
