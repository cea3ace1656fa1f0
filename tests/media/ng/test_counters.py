from media.ng.counters import MOST_CLIENTS, Counters, document


def test_the_document_has_the_names_that_monitoring_reads() -> None:
    counters = Counters(0.0, managed=3, regular=2, seconds=10.0, packets=7)
    counters.count("192.0.2.1", "offer")
    counters.count("192.0.2.1", "error")
    told = document(counters, 1, 61.5)
    current, totals, control = told.values()
    assert isinstance(current, dict)
    assert isinstance(totals, dict)
    assert isinstance(control, dict)
    assert current["sessionstotal"] == 1
    assert totals["uptime"] == "61"
    assert (totals["managedsessions"], totals["relayedpackets"]) == (3, 7)
    assert totals["avgcallduration"] == "5.000000"
    assert control["totaloffercount"] == 1
    (proxy,) = control["proxies"]
    assert isinstance(proxy, dict)
    assert (proxy["proxy"], proxy["offercount"], proxy["errorcount"]) == ("192.0.2.1", 1, 1)


def test_clients_are_counted_apart_up_to_a_number() -> None:
    counters = Counters(0.0)
    for number in range(MOST_CLIENTS + 50):
        counters.count(f"192.0.2.{number}", "ping")
    assert len(counters.asked) == MOST_CLIENTS + 1
    assert counters.all_asked()["ping"] == MOST_CLIENTS + 50
