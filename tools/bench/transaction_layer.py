"""What the transaction layer costs for each message, beside parsing and building.

`python -m tools.bench.transaction_layer [COUNT]` prints microseconds a message. Garbage collection
is off while it measures, as its cost belongs to whoever keeps the most objects.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sbc.actions import Flow
from sbc.sip.message import Request, Response, build_request, build_response, parse
from sbc.sip.validate import check_request, check_response
from sbc.transaction.layer import RequestReceived, TransactionLayer

T = TypeVar("T")
R = TypeVar("R")

PEER = Flow("access", "udp", ("192.0.2.1", 5060))


def request(method: str, number: int) -> Request:
    fields = [
        ("Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{number:08d};rport"),
        ("Max-Forwards", "70"),
        ("From", f"<sip:alice@example.com>;tag=alice{number}"),
        ("To", "<sip:bob@example.com>"),
        ("Call-ID", f"call-{number}@example.com"),
        ("CSeq", f"1 {method}"),
        ("Contact", "<sip:alice@192.0.2.1:5060>"),
        ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"),
    ]
    return build_request(method, "sip:bob@example.com", fields)


def read_request(data: bytes) -> Request:
    message = parse(data)
    if not isinstance(message, Request):
        raise TypeError(data)
    check_request(message)
    return message


def read_response(data: bytes) -> Response:
    message = parse(data)
    if not isinstance(message, Response):
        raise TypeError(data)
    check_response(message)
    return message


class Report:
    def __init__(self, title: str) -> None:
        print(title)

    def cost(self, label: str, items: Sequence[T], do: Callable[[T], R]) -> list[R]:
        begin = time.perf_counter()
        results = [do(item) for item in items]
        each = (time.perf_counter() - begin) / len(items)
        print(f"  {label:32} {each * 1e6:6.1f}")
        return results


def serve(method: str, count: int) -> None:
    report, layer = Report(f"{method}: server"), TransactionLayer(max_transactions=count)
    data = [request(method, number).encode() for number in range(count)]
    requests = report.cost("parse and check (not the layer)", data, read_request)
    again = [read_request(each) for each in data]
    report.cost(
        "build a 100 (not the layer)", requests, lambda each: build_response(each, 100).encode()
    )
    outputs = report.cost("new request", requests, lambda each: layer.receive(each, PEER, 0.0))
    told = [output for each in outputs for output in each if isinstance(output, RequestReceived)]
    answers = [
        (each.key, build_response(each.request, 486, to_tag=f"bob{number}"))
        for number, each in enumerate(told)
    ]
    report.cost("final response", answers, lambda pair: layer.respond(*pair, 1.0))
    report.cost("retransmission", again, lambda each: layer.receive(each, PEER, 1.1))
    _end(layer, count)


def ask(method: str, count: int) -> None:
    report, layer = Report(f"{method}: client"), TransactionLayer()
    requests = [request(method, number) for number in range(count)]
    ringing = [build_response(each, 180, to_tag="bob").encode() for each in requests]
    final = [build_response(each, 200, to_tag="bob").encode() for each in requests]
    report.cost("send", requests, lambda each: layer.send(each, PEER, 0.0))
    for label, answers in (("provisional response", ringing), ("final response", final)):
        received = [read_response(each) for each in answers]
        report.cost(label, received, lambda each: layer.receive(each, PEER, 0.1))
    _end(layer, count)


def _end(layer: TransactionLayer, count: int) -> None:
    begin = time.perf_counter()
    layer.handle_timeout(1000.0)
    print(f"  {'timer at its end':32} {(time.perf_counter() - begin) / count * 1e6:6.1f}")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    gc.disable()
    for method in ("INVITE", "OPTIONS"):
        serve(method, count)
        ask(method, count)
