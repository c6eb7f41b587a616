"""A secret shows itself to nobody who did not ask."""

import copy
import pickle

import msgspec
import pytest

from venues.secret import Secret


def test_a_secret_is_revealed_on_request_only() -> None:
    secret = Secret("hush")
    assert secret.reveal() == "hush"
    assert "hush" not in f"{secret} {[secret]}"


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_secret_is_neither_pickled_nor_encoded() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("hush"))
    with pytest.raises(TypeError):
        copy.deepcopy(Secret("hush"))
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret("hush"))
