"""One process instance, watched and driven through the API alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tests.acceptance.processes.company import Company


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process instance that a test started."""

    company: Company
    key: str

    @property
    def status(self) -> str:
        """Return the instance's state: active, completed, terminated, suspended."""
        return str(self._read("")["status"])

    @property
    def waits(self) -> list[str]:
        """Return the elements it waits at, sorted, once for each wait."""
        return sorted(str(wait["element_id"]) for wait in self._items("/waits"))

    @property
    def visited(self) -> list[str]:
        """Return the elements that it has completed, in the order of entry."""
        visits = self._items("/history?limit=200")
        return [str(visit["element_id"]) for visit in visits if visit["state"] == "completed"]

    @property
    def variables(self) -> dict[str, object]:
        """Return the variables of the instance itself."""
        found = self._read("")["variables"]
        assert isinstance(found, dict)
        return found

    @property
    def incidents(self) -> list[dict[str, object]]:
        """Return its open incidents."""
        answer = self._client.get(
            "/incidents", params={"instance_key": self.key, "is_open": "true"}
        )
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert isinstance(items, list)
        return items

    def waits_at(self, *element_ids: str) -> "Run":
        """Let the systems work until it waits at all of these, and maybe elsewhere."""
        self.company.until(lambda: set(element_ids) <= set(self.waits), self._where)
        return self

    def ends_at(self, element_id: str) -> "Run":
        """Let the systems work until it has completed, and check where."""
        self.company.until(lambda: self.status != "active", self._where)
        assert self.status == "completed", self._where()
        assert element_id in self.visited, self.visited
        return self

    def visits(self, element_id: str, count: int = 1) -> "Run":
        """Let the systems work until it has completed the element that often."""
        self.company.until(lambda: self.visited.count(element_id) >= count, self._where)
        return self

    def is_stuck_at(self, element_id: str) -> dict[str, object]:
        """Let the systems work until there is an incident; return it."""
        self.company.until(lambda: self.incidents, self._where)
        (incident,) = self.incidents
        assert incident["element_id"] == element_id, incident
        return incident

    def task(self, element_id: str, user_id: str) -> dict[str, object]:
        """Let the systems work until the user sees the task at the element; return it."""
        client = self.company.client(user_id)
        found: list[dict[str, object]] = []

        def is_offered() -> bool:
            answer = client.get("/user-tasks", params={"instance_key": self.key})
            assert answer.status_code == 200, answer.text
            found[:] = [
                task for task in answer.json()["items"] if task["element_id"] == element_id
            ]
            return bool(found)

        self.company.until(is_offered, self._where)
        return found[0]

    def person(self, user_id: str, element_id: str, **answers: object) -> "Run":
        """Let a person claim the task at the element and complete its form."""
        client = self.company.client(user_id)
        address = f"/user-tasks/{self.task(element_id, user_id)['key']}"
        claimed = client.post(f"{address}/claim")
        assert claimed.status_code == 200, claimed.text
        done = client.post(f"{address}/completion", json={"variables": answers})
        assert done.status_code == 200, done.text
        return self

    def refused(self, user_id: str, element_id: str, **answers: object) -> list[str]:
        """Claim the task and send a form that is refused; return the fields at fault."""
        client = self.company.client(user_id)
        address = f"/user-tasks/{self.task(element_id, user_id)['key']}"
        assert client.post(f"{address}/claim").status_code == 200
        answer = client.post(f"{address}/completion", json={"variables": answers})
        assert answer.status_code == 422, answer.text
        return sorted(error["field"] for error in answer.json()["errors"])

    def set_variables(self, **variables: object) -> "Run":
        """Correct variables, as an operator."""
        answer = self._client.patch(
            f"/process-instances/{self.key}/variables",
            json={"variables": variables, "reason": "the system is back"},
        )
        assert answer.status_code == 200, answer.text
        return self

    def retry(self, incident: Mapping[str, object]) -> "Run":
        """Try the stuck element again, as an operator."""
        answer = self._client.post(f"/incidents/{incident['key']}/resolution", json={"retries": 1})
        assert answer.status_code == 204, answer.text
        return self

    @property
    def _client(self) -> httpx.Client:
        return self.company.client("carol")

    def _read(self, path: str) -> dict[str, object]:
        answer = self._client.get(f"/process-instances/{self.key}{path}")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def _items(self, path: str) -> list[dict[str, object]]:
        items = self._read(path)["items"]
        assert isinstance(items, list)
        return items

    def _where(self) -> str:
        messages = [incident["message"] for incident in self.incidents]
        return f"{self.status}, waits {self.waits}, incidents {messages}, visited {self.visited}"


def start(
    company: Company,
    process_id: str,
    variables: Mapping[str, object],
    *,
    business_key: str | None = None,
    user_id: str = "carol",
) -> Run:
    """Start a process at its start event without a trigger, as a person does."""
    body = {
        "process_id": process_id,
        "variables": dict(variables),
        "business_key": business_key,
    }
    answer = company.client(user_id).post("/process-instances", json=body)
    assert answer.status_code == 201, answer.text
    return Run(company=company, key=str(answer.json()["key"]))


def start_by_message(
    company: Company,
    name: str,
    variables: Mapping[str, object],
    *,
    business_key: str | None = None,
) -> Run:
    """Send a message that starts a process."""
    return Run(company=company, key=send(company, name, variables, business_key=business_key))


def send(
    company: Company,
    name: str,
    variables: Mapping[str, object],
    *,
    correlation_key: str | None = None,
    business_key: str | None = None,
) -> str:
    """Send a message; return the one instance that it reached."""
    body = {
        "name": name,
        "variables": dict(variables),
        "correlation_key": correlation_key,
        "business_key": business_key,
    }
    answer = company.client("carol").post("/messages", json=body)
    assert answer.status_code == 200, answer.text
    (key,) = answer.json()["instance_keys"]
    return str(key)
