from media.ng.cookies import LIFE, Cookies

A, B = ("192.0.2.1", 1), ("192.0.2.2", 1)


def test_a_reply_is_kept_for_its_client_alone() -> None:
    cookies = Cookies(0.0)
    cookies.store(A, b"1", b"one", 0.0)
    assert cookies.reply_to(A, b"1", 1.0) == b"one"
    assert cookies.reply_to(B, b"1", 1.0) is None
    assert cookies.reply_to(A, b"2", 1.0) is None


def test_a_reply_lives_for_one_generation_at_least_and_two_at_most() -> None:
    cookies = Cookies(0.0)
    cookies.store(A, b"1", b"one", 0.9 * LIFE)
    assert cookies.reply_to(A, b"1", 1.8 * LIFE) == b"one"
    assert cookies.reply_to(A, b"1", 2.9 * LIFE) is None


def test_after_a_long_rest_nothing_is_left() -> None:
    cookies = Cookies(0.0)
    cookies.store(A, b"1", b"one", 0.0)
    assert cookies.reply_to(A, b"1", 10 * LIFE) is None


def test_what_is_kept_is_bounded() -> None:
    cookies = Cookies(0.0, most=1000)
    for number in range(1000):
        cookies.store(A, b"%d" % number, b"x" * 100, 0.0)
    kept = sum(cookies.reply_to(A, b"%d" % number, 0.0) is not None for number in range(1000))
    assert 5 < kept < 25
    assert cookies.reply_to(A, b"999", 0.0) is not None
