"""What is exported and imported again is the same, byte for byte, whatever the text holds."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.flows.compilation import Compiled
from shared.flows.models import Envelope, FlowDraft
from shared.flows.transfer import FlowExport, TransferService
from shared.http.bodies import parse_json_object
from shared.json_text import compact
from shared.validation import parse_body
from tests.support.flows import InMemoryFlows, compile_line, service_over

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LABELS = st.none() | st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=3)
NAMES = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}", fullmatch=True)
NAMESPACES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,149}", fullmatch=True)


def compile_anything(_text: str, envelope: Envelope) -> Compiled:
    """Read every text as a flow whose name stands beside it."""
    return compile_line("a", envelope)


def transfer() -> TransferService:
    return TransferService(replace(service_over(InMemoryFlows()), compile=compile_anything))


@given(
    text=TEXTS,
    name=NAMES,
    namespace=NAMESPACES,
    description=st.none() | TEXTS,
    labels=LABELS,
)
def test_an_import_of_an_export_is_the_same_flow(**fields: Any):
    text = fields.pop("text")
    source, target = transfer(), transfer()
    flow = source.service.create(FlowDraft(yaml_content=text, **fields))

    sent = compact(source.export(flow.id).model_dump(mode="json", by_alias=True))
    file = parse_body(FlowExport, parse_json_object(sent))
    made = target.import_flow(file, None).flow

    assert made.yaml_content == text
    assert made.yaml_content.encode() == text.encode()
    same = ("name", "namespace", "description", "labels", "format")
    assert [getattr(made, each) for each in same] == [getattr(flow, each) for each in same]
    assert target.export(made.id).flow == file.flow
