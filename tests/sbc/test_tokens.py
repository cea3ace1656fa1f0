from sbc.tokens import Tokens


def test_no_token_is_given_out_twice() -> None:
    tokens = Tokens(b"seed")
    given = [tokens.token() for _ in range(10_000)]
    assert len(set(given)) == len(given)


def test_the_same_seed_gives_the_same_tokens() -> None:
    assert [Tokens(b"x").token() for _ in range(3)] == [Tokens(b"x").token() for _ in range(3)]


def test_another_seed_gives_other_tokens() -> None:
    assert Tokens(b"x").token() != Tokens(b"y").token()


def test_a_token_has_the_length_asked_for() -> None:
    tokens = Tokens(b"x")
    assert [len(tokens.token(digits)) for digits in (1, 16, 32, 128, 7)] == [1, 16, 32, 128, 7]


def test_a_number_is_below_its_bound() -> None:
    tokens = Tokens(b"x")
    assert {tokens.number(3) for _ in range(200)} == {0, 1, 2}
