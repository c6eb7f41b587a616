"""Blocking questions, ours and the library's, against one small server: the same answers, the same failures."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.venues.betfair.desk import catalogue, settings
from venues.base import Endpoint
from venues.betfair.cold import Cold, ColdFailed, LibraryCold, OwnCold


class Counter(BaseHTTPRequestHandler):
    """Answers logins, catalogue and funds; `said` replaces the answer to one path or method."""

    said: dict[str, Any] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        method = self.path if self.path.startswith("/api/") else json.loads(body)["method"].partition("/v1.0/")[2]
        answer = self.said.get(method) or self.answer(method, body)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, method: str, body: str) -> Any:
        assert self.headers["X-Application"] == "key"
        if method == "/api/certlogin":
            assert parse_qs(body) == {"username": ["us er"], "password": ["pa&ss"]}
            return {"sessionToken": "T", "loginStatus": "SUCCESS"}
        assert self.headers["X-Authentication"] == "T"
        if method == "getAccountFunds":
            return {"jsonrpc": "2.0", "result": {"availableToBetBalance": 12.5, "exposure": -2.5}, "id": 1}
        assert json.loads(body)["params"]["filter"] == {"marketIds": ["1.100"]}
        return {"jsonrpc": "2.0", "result": [catalogue()], "id": 1}

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Counter.said = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[OwnCold, LibraryCold])
def cold(request, port: int, tmp_path) -> Cold:
    (tmp_path / "client.pem").write_text("")
    endpoint = Endpoint("127.0.0.1", port, False)
    login = Endpoint("127.0.0.1", port, False, client_cert=str(tmp_path / "client.pem"))
    return request.param(settings(login=login, identity=endpoint, betting=endpoint))


def test_both_get_the_same_answers(cold: Cold) -> None:
    cold.log_in()
    funds = cold.funds()
    assert (funds.available_to_bet_balance, funds.exposure) == (12.5, -2.5)
    (market,) = cold.catalogue(["1.100"])
    assert (market.market_id, [runner.selection_id for runner in market.runners]) == ("1.100", [11, 22])


@pytest.mark.parametrize("said", [{"loginStatus": "ACCOUNT_NOW_LOCKED"}, b"<html>"])
def test_a_refused_login_is_one_clear_failure(cold: Cold, said: Any) -> None:
    Counter.said = {"/api/certlogin": said}
    with pytest.raises(ColdFailed):
        cold.log_in()


@pytest.mark.parametrize("said", [{"error": {"code": -32602, "message": "DSC-0018"}}, b"<html>", {"result": {}}])
def test_a_question_without_an_answer_is_one_clear_failure(cold: Cold, said: Any) -> None:
    cold.log_in()
    Counter.said = {"getAccountFunds": said}
    with pytest.raises(ColdFailed):
        cold.funds()


@pytest.mark.parametrize("kind", [OwnCold, LibraryCold])
def test_a_server_that_is_not_there_is_one_clear_failure(kind, port: int, tmp_path) -> None:
    nobody = Endpoint("127.0.0.1", 1, False, client_cert=str(tmp_path))
    with pytest.raises(ColdFailed):
        kind(settings(login=nobody, identity=nobody, betting=nobody)).log_in()


def test_the_library_cannot_be_told_whom_to_trust() -> None:
    private = Endpoint("h", 443, True, "roots.pem")
    with pytest.raises(ValueError, match="tls_roots"):
        LibraryCold(settings(login=private))
