"""The use cases of revisions: list, read, compare, restore."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import RevisionNotFoundError
from shared.flows.models import Comment, Flow, FlowPatch, FlowRecord, FlowRevision
from shared.flows.repository import FlowRepository
from shared.flows.service import FlowService, insist
from shared.flows.text_diff import unified_diff
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.paging import Page, decode_count, encode_cursor
from shared.records import StrictRecord

MAX_PAGE_BYTES = 4_000_000
"""The size of a page in an answer; Lambda answers 6 MB at most."""
REVISIONS_A_READ = 16
"""The texts that are read together: as many of the longest as DynamoDB gives at once."""
MAX_DIGITS = 8
"""The digits of the largest number, as keys hold it."""
_REST_OF_AN_ANSWER = 300


class RestoreDraft(StrictRecord):
    """The reason for which an earlier content comes back."""

    comment: Comment | None = None


class RevisionDiff(StrictRecord):
    """The changes from `revision` to `against`, as a unified diff; empty for equal contents."""

    revision: int
    against: int
    diff: str


@dataclass(frozen=True)
class RevisionService:
    """The contents of one tenant's flows, those that were replaced too."""

    service: FlowService

    def page(self, flow_id: str, limit: int, cursor: str | None) -> Page[FlowRevision]:
        """List the contents that were replaced, newest first; a page ends early when it is large.

        The numbers have no gaps, so a page is read by key.
        """
        flow = self.service.stored(flow_id)
        query = f"{self.service.tenant}/flows/{flow.id}/revisions"
        newest = flow.revision - 1
        if cursor is not None:
            newest = min(newest, decode_count(cursor, query) - 1)
        found = _first_of(self._flows, flow, range(newest, 0, -1), limit)
        last = found[-1].revision if found else 1
        return Page(tuple(found), encode_cursor(str(last), query) if last > 1 else None)

    def get(self, flow_id: str, number: str) -> FlowRevision:
        """Read one content by its number; FlowNotFoundError, RevisionNotFoundError."""
        flow = self.service.stored(flow_id)
        return self.service.content(flow, _number(number))

    def diff(self, flow_id: str, number: str, against: int | None) -> RevisionDiff:
        """Compare two contents; `against` is the flow's own unless it is named."""
        flow = self.service.stored(flow_id)
        old = self.service.content(flow, _number(number))
        new = self.service.content(flow, flow.revision if against is None else against)
        text = unified_diff(
            old.yaml_content,
            new.yaml_content,
            old_name=f"revision {old.revision}",
            new_name=f"revision {new.revision}",
        )
        return RevisionDiff(revision=old.revision, against=new.revision, diff=text)

    def restore(
        self,
        flow_id: str,
        number: str,
        draft: RestoreDraft,
        if_match: str | None,
        keep: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Flow:
        """Save an earlier content as the next revision; raises what saving it raises."""

        def attempt() -> Flow:
            flow = self.service.stored(flow_id, if_match)
            text = self.service.content(flow, _number(number)).yaml_content
            patch = FlowPatch(yaml_content=text, comment=draft.comment)
            return self.service.change(flow, patch, keep)

        return insist(attempt)

    @property
    def _flows(self) -> FlowRepository:
        return self.service.flows


def _first_of(
    flows: FlowRepository, flow: FlowRecord, numbers: Sequence[int], limit: int
) -> list[FlowRevision]:
    """Read the first of these contents: `limit` of them, or as many as a page holds."""
    found: list[FlowRevision] = []
    size = 0
    wanted = numbers[:limit]
    for start in range(0, len(wanted), REVISIONS_A_READ):
        for each in flows.find_revisions(flow.id, wanted[start : start + REVISIONS_A_READ]):
            size += _cost(each)
            if found and size > MAX_PAGE_BYTES:
                return found
            found.append(each)
    return found


def _cost(revision: FlowRevision) -> int:
    """Count the bytes of a content in an answer: JSON, in the JSON that Lambda hands on."""
    body = json.dumps([revision.yaml_content, revision.comment], ensure_ascii=False)
    return len(json.dumps(body, ensure_ascii=False).encode()) + _REST_OF_AN_ANSWER


def _number(written: str) -> int:
    """Read a number of a path; what can be none names no revision."""
    is_number = written.isascii() and written.isdecimal() and len(written) <= MAX_DIGITS
    if not is_number or written.startswith("0"):
        raise RevisionNotFoundError("there is no such revision; they are counted from 1")
    return int(written)
