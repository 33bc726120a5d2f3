"""Adapters: one folder per system the engine works with, and the one table of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ADAPTERS: Mapping[str, str] = MappingProxyType(
    {
        "bpmn-engine:http:1": "adapters.http.adapter:HttpAdapter",
        "io.camunda:http-json:1": "adapters.http.adapter:HttpAdapter",
        "bpmn-engine:http-connector:1": "adapters.http.connector:HttpConnector",
        "http-connector": "adapters.http.connector:HttpConnector",
        "bpmn-engine:script:1": "adapters.script.adapter:ScriptAdapter",
        "bpmn-engine:mail:1": "adapters.mail.adapter:MailAdapter",
        "mail-send": "adapters.mail.adapter:MailAdapter",
        "mail-connector": "adapters.mail.adapter:MailAdapter",
        "bpmn-engine:file-share:1": "adapters.file_share.adapter:FileShareAdapter",
    }
)
"""Job type, or alias of one, to the dotted path of the class that does it."""
