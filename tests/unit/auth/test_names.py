"""Names of people, as flows write them."""

import pytest

from shared.auth.names import is_name


@pytest.mark.parametrize(
    "text", ["ana", "a.b+c@d", "role:editor", "group:ops", "group:ops@acme.com", "client:billing"]
)
def test_forms_of_names(text: str):
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "a b", "role:", "role:auditor", "team:x", "group:", "ana\n"])
def test_other_texts_name_nobody(text: str):
    assert not is_name(text)
