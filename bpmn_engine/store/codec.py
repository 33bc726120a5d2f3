"""What is stored as text, in one place to import from.

Texts name elements and flows by their ids, say their version, and are upgraded when read. Each
version's golden files stay in the tests for good.
"""

from __future__ import annotations

from bpmn_engine.store.codec_commands import decode_command as decode_command
from bpmn_engine.store.codec_commands import encode_command as encode_command
from bpmn_engine.store.codec_facts import decode_facts as decode_facts
from bpmn_engine.store.codec_facts import encode_facts as encode_facts
from bpmn_engine.store.codec_state import decode_state as decode_state
from bpmn_engine.store.codec_state import encode_state as encode_state
from bpmn_engine.store.json_text import dump_json as dump_json
from bpmn_engine.store.json_text import load_json as load_json
