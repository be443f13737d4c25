from hypothesis import given
from hypothesis import strategies as st

from vae_desktop.fuzzy import match

TITLES = [
    "Open folder…",
    "Open project…",
    "Stop and keep",
    "Save picture…",
    "Pause",
    "Fit all pictures",
    "Zoom in",
    "Zoom out",
    "Reset view",
    "Report a problem…",
]


def ranked(query):
    found = [(fit.score, title) for title in TITLES if (fit := match(query, title)) is not None]
    return [title for _, title in sorted(found, reverse=True)]


def test_first_letters_of_words_find_a_title():
    assert ranked("of")[0] == "Open folder…"
    assert ranked("op")[:2] == ["Open project…", "Open folder…"]
    assert ranked("rap")[0] == "Report a problem…"
    assert ranked("zi")[0] == "Zoom in"


def test_a_word_as_it_is_goes_before_scattered_letters():
    assert ranked("pict")[:2] == ["Save picture…", "Fit all pictures"]
    assert ranked("rep")[0] == "Report a problem…"
    assert ranked("pause") == ["Pause"]


def test_what_is_not_there_in_this_order_is_not_found():
    assert ranked("xyz") == []
    assert match("nepo", "Open") is None


def test_words_may_come_in_any_order_and_case_and_accents_do_not_count():
    assert ranked("folder open") == ["Open folder…"]
    assert match("GROSSE", "große".replace("ß", "ss")) is not None
    assert match("résumé", "Resume") is not None
    assert match("resume", "RÉSUMÉ") is not None


def test_nothing_typed_finds_everything():
    assert len(ranked("")) == len(ranked("  ")) == len(TITLES)


@given(st.text(max_size=12), st.text(max_size=20))
def test_the_places_spell_what_was_typed(query, title):
    found = match(query, title)
    if found is not None:
        assert list(found.places) == sorted(set(found.places))
        assert all(0 <= place < len(title) for place in found.places)


@given(st.data(), st.text("abcdefgh ", min_size=1, max_size=16))
def test_every_choice_of_letters_in_their_order_is_found(data, title):
    chosen = sorted(data.draw(st.sets(st.integers(0, len(title) - 1))))
    letters = "".join(title[place] for place in chosen).replace(" ", "")
    found = match(letters, title)
    assert found is not None
    assert "".join(title[place] for place in found.places) == letters
