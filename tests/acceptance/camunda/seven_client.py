"""What tests of Camunda 7's API send again and again."""

import httpx

from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import PASSWORD, Site


def rest_client(site: Site, user_id: str = "carol") -> httpx.Client:
    """Return a client of the API, with a password in each request."""
    client = site.anonymous()
    client.auth = httpx.BasicAuth(user_id, PASSWORD)
    client.base_url = f"{site.url}/engine-rest"
    return client


def deploy_files(client: httpx.Client, *files: tuple[str, bytes], **more: str) -> dict:
    """Deploy files, each in a part with its name; `more` are fields of the form."""
    answer = send_files(client, *files, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send_files(client: httpx.Client, *files: tuple[str, bytes], **more: str) -> httpx.Response:
    """Send files to be deployed, each in a part with its name."""
    parts = {name: (name, content, "text/xml") for name, content in files}
    return client.post("deployment/create", data=more, files=parts)


def deploy_order(client: httpx.Client) -> str:
    """Deploy the order; return the id of its definition."""
    (definition,) = deploy_files(client, ("order.bpmn", ORDER))["deployedProcessDefinitions"]
    return definition


def start_order(client: httpx.Client, business_key: str | None = None, **values: object) -> str:
    """Start an order with untyped variables; return the instance's id."""
    body = {
        "businessKey": business_key,
        "variables": {name: {"value": value} for name, value in values.items()},
    }
    answer = client.post("process-definition/key/order/start", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def move_to(client: httpx.Client, instance: str, element: str) -> None:
    """Bring an order that has just begun to another element."""
    body = {
        "instructions": [
            {"type": "startBeforeActivity", "activityId": element},
            {"type": "cancel", "activityId": "check"},
        ]
    }
    answer = client.post(f"process-instance/{instance}/modification", json=body)
    assert answer.status_code == 204, answer.text


def ids(answer: httpx.Response) -> list[str]:
    """Return the ids in a list."""
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]
