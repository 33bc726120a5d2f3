"""What Camunda 7's runtime API offers, called one after the other."""

import httpx

from tests.acceptance.camunda.seven_diagrams import DECISIONS, ORDER, STARTERS
from tests.acceptance.site import Site

XML = "text/xml"


def deploy(client: httpx.Client, *files: tuple[str, bytes], **more: str) -> dict[str, object]:
    parts = {name: (name, content, XML) for name, content in files}
    data = {"deployment-name": "shop", "deployment-source": "test", **more}
    answer = client.post("deployment/create", data=data, files=parts)
    assert answer.status_code == 200, answer.text
    return answer.json()


def deploy_all(client: httpx.Client) -> str:
    """Deploy everything there is; return the id of the order's definition."""
    deployed = deploy(
        client, ("order.bpmn", ORDER), ("starters.bpmn", STARTERS), ("shipping.dmn", DECISIONS)
    )
    ids = deployed["deployedProcessDefinitions"]
    return next(each for each in ids if each.startswith("order:"))


def start(client: httpx.Client, **body: object) -> str:
    answer = client.post("process-definition/key/order/start", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def get(client: httpx.Client, path: str, **parameters: object) -> object:
    answer = client.get(path, params=parameters)
    assert answer.status_code in {200, 204}, answer.text
    is_json = answer.headers.get("content-type") == "application/json"
    return answer.json() if is_json else answer.content


def reach_packing(client: httpx.Client, instance: str) -> None:
    """Bring an instance past its sub-process and its message."""
    client.post("signal", json={"name": "nobody"})
    modified = client.post(
        f"process-instance/{instance}/modification",
        json={
            "instructions": [
                {"type": "cancel", "activityId": "check"},
                {"type": "startBeforeActivity", "activityId": "pack"},
            ]
        },
    )
    assert modified.status_code == 204, modified.text


def fail_packing(client: httpx.Client) -> None:
    """Fail the only external task for good."""
    body = {
        "workerId": "w",
        "maxTasks": 1,
        "topics": [{"topicName": "pack", "lockDuration": 9000}],
    }
    (task,) = client.post("external-task/fetchAndLock", json=body).json()
    failure = {"workerId": "w", "errorMessage": "no box", "retries": 0}
    assert client.post(f"external-task/{task['id']}/failure", json=failure).status_code == 204


def read_definitions(client: httpx.Client, order: str) -> None:
    (deployment,) = get(client, "deployment")
    get(client, "deployment/count")
    get(client, "deployment/registered")
    get(client, f"deployment/{deployment['id']}")
    resources = get(client, f"deployment/{deployment['id']}/resources")
    for one in resources:
        get(client, f"deployment/{deployment['id']}/resources/{one['id']}")
        get(client, f"deployment/{deployment['id']}/resources/{one['id']}/data")
    assert len(get(client, "process-definition", sortBy="key", sortOrder="asc")) == 2
    assert get(client, "process-definition/count") == {"count": 2}
    get(client, "process-definition/statistics", failedJobs="true", incidents="true")
    get(client, f"process-definition/{order}/static-called-process-definitions")
    get(client, "process-definition/key/asked-for/xml")
    for place in (order, "key/order"):
        for rest in (
            "",
            "/xml",
            "/diagram",
            "/startForm",
            "/form-variables",
            "/rendered-form",
            "/statistics",
        ):
            get(client, f"process-definition/{place}{rest}")


def read_decisions(client: httpx.Client) -> None:
    (fee, _size) = get(client, "decision-definition", sortBy="key", sortOrder="asc")
    get(client, "decision-definition/count")
    (graph,) = get(client, "decision-requirements-definition")
    get(client, "decision-requirements-definition/count")
    for place in (f"decision-definition/{fee['id']}", "decision-definition/key/fee"):
        for rest in ("", "/xml", "/diagram"):
            get(client, f"{place}{rest}")
        asked = {"variables": {"weight": {"value": 20, "type": "Integer"}}}
        assert client.post(f"{place}/evaluate", json=asked).json() == [
            {"fee": {"type": "Integer", "value": 9, "valueInfo": {}}}
        ]
    of_graph = "decision-requirements-definition"
    get(client, f"history/{of_graph}/{graph['id']}/statistics")
    for place in (f"{of_graph}/{graph['id']}", f"{of_graph}/key/shipping"):
        for rest in ("", "/xml", "/diagram"):
            get(client, f"{place}{rest}")


def read_instances(client: httpx.Client, instance: str) -> None:
    assert get(client, "process-instance/count", active="true") == {"count": 1}
    for method in ("GET", "POST"):
        for what in ("process-instance", "execution", "variable-instance", "job"):
            for path in (what, f"{what}/count"):
                body = {} if method == "POST" else None
                assert client.request(method, path, json=body).status_code == 200, path
        client.request(method, "job-definition", json={} if method == "POST" else None)
        client.request(method, "job-definition/count", json={} if method == "POST" else None)
        client.request(method, "schema/log", json={} if method == "POST" else None)
    get(client, f"process-instance/{instance}")
    get(client, f"process-instance/{instance}/activity-instances")
    get(client, f"execution/{instance}")
    (first, *_) = get(client, "variable-instance")
    get(client, f"variable-instance/{first['id']}")
    (timer,) = get(client, "job", processInstanceId=instance, timers="true")
    get(client, f"job/{timer['id']}")
    get(client, f"job/{timer['id']}/stacktrace")
    (definition, *_) = get(client, "job-definition", processDefinitionKey="order")
    get(client, f"job-definition/{definition['id']}")
    assert get(client, "event-subscription/count", eventType="signal") == {"count": 1}
    get(client, "event-subscription")


def change_variables(client: httpx.Client, instance: str) -> None:
    tree = get(client, f"process-instance/{instance}/activity-instances")
    approve = tree["childActivityInstances"][0]["childActivityInstances"][0]["executionIds"][0]
    for place in (
        f"process-instance/{instance}/variables",
        f"execution/{approve}/localVariables",
    ):
        put = client.put(f"{place}/n", json={"value": 1, "type": "Integer"})
        assert put.status_code == 204, put.text
        assert get(client, f"{place}/n")["value"] == 1
        client.post(place, json={"modifications": {"m": {"value": "x"}}, "deletions": ["n"]})
        assert set(get(client, place)) >= {"m"}
        assert "n" not in get(client, place)
        file = {"data": ("a.txt", b"hello", "text/plain")}
        sent = client.post(f"{place}/file/data", data={"valueType": "File"}, files=file)
        assert sent.status_code == 204, sent.text
        (row,) = get(
            client,
            "variable-instance",
            variableName="file",
            variableScopeIdIn=place.split("/")[1],
        )
        assert get(client, f"variable-instance/{row['id']}/data") == b"hello"
        assert client.delete(f"{place}/m").status_code == 204
    client.post(f"process-instance/{instance}/variables/bin/data", files={"data": ("x", b"1")})
    get(client, f"process-instance/{instance}/variables/bin/data")
    file = {"data": ("x", b"1")}
    client.post(f"execution/{approve}/localVariables/bin/data", files=file)
    get(client, f"execution/{approve}/localVariables/bin/data")


def change_jobs(client: httpx.Client, instance: str) -> None:
    (timer,) = get(client, "job", processInstanceId=instance, timers="true")
    assert client.post(f"job/{timer['id']}/execute").status_code == 204
    reach_packing(client, instance)
    (job,) = get(client, "job", processInstanceId=instance)
    assert client.put(f"job/{job['id']}/priority", json={"priority": 7}).status_code == 204
    due = {"duedate": None}
    assert client.put(f"job/{job['id']}/duedate", json=due).status_code == 204
    fail_packing(client)
    (failed,) = get(client, "job", noRetriesLeft="true")
    assert failed["exceptionMessage"] == "no box"
    (incident,) = get(client, "incident")
    get(client, "incident/count")
    get(client, f"incident/{incident['id']}")
    note = {"annotation": "buy boxes"}
    assert client.put(f"incident/{incident['id']}/annotation", json=note).status_code == 204
    assert get(client, f"incident/{incident['id']}")["annotation"] == "buy boxes"
    assert client.delete(f"incident/{incident['id']}/annotation").status_code == 204
    give_new_attempts(client, instance, job["id"])
    (incident,) = get(client, "incident")
    assert client.delete(f"incident/{incident['id']}").status_code == 204
    assert get(client, "incident/count") == {"count": 0}


def give_new_attempts(client: httpx.Client, instance: str, job: str) -> None:
    """Give the failed job an attempt in every way there is, and let it fail again each time."""
    assert client.put(f"job/{job}/retries", json={"retries": 1}).status_code == 204
    fail_packing(client)
    body = {"jobIds": [job], "retries": 1}
    assert client.post("job/retries", json=body).status_code == 200
    fail_packing(client)
    body = {"processInstances": [instance], "retries": 1}
    assert client.post("process-instance/job-retries", json=body).status_code == 200
    fail_packing(client)
    (definition,) = get(
        client, "job-definition", processDefinitionKey="order", activityIdIn="pack"
    )
    given = client.put(f"job-definition/{definition['id']}/retries", json={"retries": 1})
    assert given.status_code == 204, given.text
    fail_packing(client)


def send_events(client: httpx.Client) -> None:
    asked = {"messageName": "asked", "resultEnabled": True, "variablesInResultEnabled": True}
    (started,) = client.post("message", json=asked).json()
    assert started["resultType"] == "ProcessDefinition"
    hot = client.post("condition", json={"variables": {"heat": {"value": 40}}})
    assert len(hot.json()) == 1
    first, second, third = (start(client) for _ in range(3))
    for each in (first, second, third):
        body = {
            "instructions": [
                {"type": "startBeforeActivity", "activityId": "wait"},
                {"type": "cancel", "activityId": "check"},
            ]
        }
        assert (
            client.post(f"process-instance/{each}/modification-async", json=body).status_code
            == 200
        )
    (waiting,) = get(
        client, "execution", processInstanceId=first, messageEventSubscriptionName="paid"
    )
    get(client, f"execution/{waiting['id']}/messageSubscriptions/paid")
    triggered = client.post(
        f"execution/{waiting['id']}/messageSubscriptions/paid/trigger", json={}
    )
    assert triggered.status_code == 204, triggered.text
    (waiting,) = get(client, "execution", processInstanceId=second, activityId="wait")
    assert client.post(f"execution/{waiting['id']}/signal", json={}).status_code == 204
    body = {"messageName": "paid", "processInstanceIds": [third]}
    assert client.post("process-instance/message-async", json=body).status_code == 200


def change_many(client: httpx.Client, order: str) -> None:
    keys = [start(client) for _ in range(3)]
    places = [{"type": "startBeforeActivity", "activityId": "pack"}]
    body = {"processDefinitionId": order, "processInstanceIds": keys, "instructions": places}
    assert client.post("modification/execute", json=body).status_code == 204
    assert client.post("modification/executeAsync", json=body).status_code == 200
    variables = {"variables": {"x": {"value": 1}}}
    body = {"processInstanceIds": keys, **variables}
    assert client.post("process-instance/variables-async", json=body).status_code == 200
    for suspended in (True, False):
        body = {"processInstanceIds": keys, "suspended": suspended}
        assert client.put("process-instance/suspended", json=body).status_code == 204
        assert client.post("process-instance/suspended-async", json=body).status_code == 200
        one = {"suspended": suspended}
        assert client.put(f"process-instance/{keys[0]}/suspended", json=one).status_code == 204
        by_key = {"processDefinitionKey": "order", "suspended": suspended}
        assert client.put("process-definition/suspended", json=by_key).status_code == 204
        for place in (order, "key/order"):
            held = client.put(f"process-definition/{place}/suspended", json=one)
            assert held.status_code == 204, held.text
    body = {"processInstanceIds": keys[1:], "deleteReason": "test"}
    assert client.post("process-instance/delete", json=body).status_code == 200
    assert client.delete(f"process-instance/{keys[0]}").status_code == 204
    places = [{"type": "startBeforeActivity", "activityId": "wait"}]
    body = {"processInstanceIds": keys[:1], "instructions": places}
    assert client.post(f"process-definition/{order}/restart", json=body).status_code == 204
    assert client.post(f"process-definition/{order}/restart-async", json=body).status_code == 200


def migrate(client: httpx.Client, order: str) -> None:
    again = deploy(client, ("order.bpmn", ORDER))
    (target,) = again["deployedProcessDefinitions"]
    ends = {"sourceProcessDefinitionId": order, "targetProcessDefinitionId": target}
    plan = client.post("migration/generate", json=ends).json()
    assert {"sourceActivityIds": ["approve"], "targetActivityIds": ["approve"]}.items() <= {
        **next(each for each in plan["instructions"] if each["sourceActivityIds"] == ["approve"])
    }.items()
    assert client.post("migration/validate", json=plan).json()["instructionReports"] == []
    keys = [each["id"] for each in get(client, "process-instance", processDefinitionId=order)]
    body = {"migrationPlan": plan, "processInstanceIds": keys[:1]}
    assert client.post("migration/execute", json=body).status_code == 204
    body = {"migrationPlan": plan, "processInstanceIds": keys[1:2]}
    batch = client.post("migration/executeAsync", json=body).json()
    assert get(client, f"batch/{batch['id']}")["totalJobs"] == 1
    (statistics,) = get(client, "batch/statistics")
    assert statistics["remainingJobs"] == 1
    assert get(client, "batch/count") == get(client, "batch/statistics/count") == {"count": 1}
    assert get(client, "batch", type="instance-migration")[0]["id"] == batch["id"]


def use_the_runtime(_site: Site, carol: httpx.Client, _root: httpx.Client) -> None:
    """Call what the runtime API offers, as an operator."""
    order = deploy_all(carol)
    for path in ("version", "engine", "telemetry/configuration", "telemetry/data"):
        get(carol, path)
    read_definitions(carol, order)
    read_decisions(carol)
    instance = start(carol, businessKey="A-1", variables={"amount": {"value": 5}})
    read_instances(carol, instance)
    change_variables(carol, instance)
    change_jobs(carol, instance)
    send_events(carol)
    change_many(carol, order)
    migrate(carol, order)
    for place in (order, "key/order"):
        for rest in ("start", "submit-form"):
            body = {"variables": {"amount": {"value": 1}}}
            began = carol.post(f"process-definition/{place}/{rest}", json=body)
            assert began.status_code == 200, began.text
    (deployment, *_) = get(carol, "deployment", sortBy="deploymentTime", sortOrder="asc")
    assert carol.post(f"deployment/{deployment['id']}/redeploy", json={}).status_code == 200

    silent = {"enableTelemetry": False}
    assert carol.post("telemetry/configuration", json=silent).status_code == 204
