import pytest

from planner.errors import InputError
from planner.models.served.options import parse_server


def test_options_follow_the_url():
    options = parse_server("https://host:1/v1/#model=a/b,mode=menu,tokens=9,offline=yes,timeout=2")

    assert options.url == "https://host:1/v1"
    assert (options.model, options.mode, options.tokens) == ("a/b", "menu", 9)
    assert (options.offline, options.timeout, options.calls) == (True, 2.0, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://", "not the URL of a model server"),
        ("ftp://host", "not the URL of a model server"),
        ("http://host:port/v1", "is not a URL"),
        ("http://user:secret@host/v1", "PLANNER_API_KEY"),
        ("http://h#mode=menue", "did you mean `menu`"),
        ("http://h#cals=3", "did you mean `calls`"),
        ("http://h#calls", "unknown option `calls`|there are"),
        ("http://h#calls=many", "must be of type int"),
        ("http://h#samples=0", "samples must be at least 1"),
        ("http://h#tokens=-1", "tokens must be at least 0"),
        ("http://h#timeout=nan", "timeout must be between"),
        ("http://h#fallback=h_ff", "unknown fallback"),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_server(text)
    assert "secret" not in str(caught.value)


def test_answers_are_kept_among_the_users_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path))
    assert parse_server("http://h").folder == tmp_path / "answers"
    assert parse_server("http://h#cache=none").folder is None
