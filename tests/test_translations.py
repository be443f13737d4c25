"""Every text of the window can be translated, and the German catalogue has all of them."""

import ast
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polib
import pytest

from training import language
from training.language import choose_language, chosen_language, mark, number, separators, tr, trn

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "installer" / "translations.py"))
USED = TOOL["used_texts"]()
GERMAN = polib.pofile(str(ROOT / "resources" / "translations" / "de.po"))
ENTRIES = [pytest.param(entry, id=entry.msgid[:40]) for entry in GERMAN]
SOURCES = sorted(path for package in ("training", "vae_desktop") for path in (ROOT / package).glob("*.py"))

# What these say goes to a terminal, a log or a report for whoever mends the program, and that is in English.
OF_THE_COMMAND_LINE = {
    *(
        "__main__",
        "cluster",
        "console",
        "demo",
        "doctor",
        "health_command",
        "language",
        "measure_command",
        "model_commands",
        "replay_maps",
        "run_commands",
    ),
    *("sheets", "targets", "teamwork", "train_command", "workers", "self_test"),
    *(
        "study_cell",
        "study_command",
        "study_pdf",
        "study_plan",
        "study_probe",
        "study_process",
        "study_report",
    ),
}
# Widgets' methods and constructors whose texts a person reads, and which of their arguments these are.
SHOWING = {
    **dict.fromkeys(("setText", "setToolTip", "setWindowTitle", "setStatusTip", "setPlaceholderText"), (0,)),
    **dict.fromkeys(
        ("setAccessibleName", "setAccessibleDescription", "setLabelText", "setTitle", "setPrefix"), (0,)
    ),
    **dict.fromkeys(("showMessage", "show_problem", "show_note", "show_text", "set_placeholder"), (0,)),
    **dict.fromkeys(("QLabel", "QuietLabel", "QPushButton", "QRadioButton", "QCheckBox", "QToolBar"), (0,)),
    **dict.fromkeys(("PrimaryButton", "QGroupBox", "QMenu", "addMenu", "show_coach", "set_role"), (0,)),
    **dict.fromkeys(
        ("_say", "_tell", "addAction", "addItem", "addRow", "QAction", "StripButton", "QDockWidget"), (0,)
    ),
    **dict.fromkeys(("addTab", "getExistingDirectory", "getOpenFileName", "getSaveFileName"), (1,)),
    **dict.fromkeys(("question", "warning", "information", "critical", "about"), (1, 2)),
}
ERRORS = {"VaeError", "RefusedFileError", "DeviceLostError"}
NAMES = {"VAE Desktop", "Qt"}


@pytest.fixture
def german():
    choose_language("de")
    yield
    choose_language("en")


# ---------------------------------------------------------------------- the program


def where(path, node):
    return f"{path.parent.name}/{path.name}:{node.lineno}"


def trees():
    return [(path, ast.parse(path.read_text("utf-8"))) for path in SOURCES]


def is_literal(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_text_can_be_found_in_the_program():
    """mark() and trn() have literals; so has tr(), or it translates what is marked elsewhere by its name."""
    wrong = []
    for path, tree in trees():
        for call in TOOL["calls"](tree):
            count = 2 if TOOL["name_of"](call) == "trn" else 1
            named = TOOL["name_of"](call) == "tr" and not isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
            if path.stem != "language" and not named and not all(map(is_literal, call.args[:count])):
                wrong.append(where(path, call))
    assert not wrong


def words(node):
    """The letters that a literal or an f-string has of its own."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(part.value for part in parts if is_literal(part))
    return (
        "" if text in NAMES else "".join(re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>|\(\*.*\)", "", text)))
    )


def bare_texts(node):
    """Literals that an expression may come to, but for those that are translated within it."""
    if isinstance(node, ast.IfExp):
        return [*bare_texts(node.body), *bare_texts(node.orelse)]
    if isinstance(node, ast.BinOp):
        return [*bare_texts(node.left), *bare_texts(node.right)]
    return [node] if isinstance(node, ast.JoinedStr | ast.Constant) and words(node) else []


def test_no_widget_shows_a_text_that_is_not_translated():
    wrong = []
    for path, tree in trees():
        if path.parent.name != "vae_desktop" or path.stem in OF_THE_COMMAND_LINE:
            continue
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            places = SHOWING.get(TOOL["name_of"](call), ())
            shown = [call.args[place] for place in places if place < len(call.args)]
            wrong += [where(path, text) for argument in shown for text in bare_texts(argument)]
    assert not wrong


def test_no_error_tells_what_is_not_translated():
    wrong = []
    for path, tree in trees():
        if path.stem in OF_THE_COMMAND_LINE or path.stem == "runs":  # find_folder is of the command line
            continue
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if TOOL["name_of"](call) in ERRORS:
                told = [*call.args, *(keyword.value for keyword in call.keywords)]
                wrong += [where(path, text) for argument in told for text in bare_texts(argument)]
    assert not wrong


def test_texts_do_not_hang_on_the_language_of_what_is_kept_in_it(german):
    """Nothing is translated while modules are imported: choosing German later must do."""
    for path, tree in trees():
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                found = [call for call in TOOL["calls"](statement) if TOOL["name_of"](call) != "mark"]
                assert not found, where(path, statement)


# ---------------------------------------------------------------------- the German catalogue


def test_german_has_every_text_and_no_other():
    assert {(entry.msgid, entry.msgid_plural) for entry in GERMAN} == set(USED), "run make translations"
    assert not [entry.msgid for entry in GERMAN if not entry.translated()]
    assert not GERMAN.obsolete_entries()


def test_the_catalogue_is_as_the_tool_writes_it(tmp_path):
    again = tmp_path / "de.po"
    again.write_bytes((TOOL["CATALOGUES"] / "de.po").read_bytes())
    TOOL["update"](again, USED)
    assert again.read_text("utf-8") == (TOOL["CATALOGUES"] / "de.po").read_text("utf-8"), (
        "run make translations"
    )


def ending(text):
    return re.search(r"[….:?!]*\s*$", text)[0]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_translation_fits_the_english_text(entry):
    for english, german in pairs(entry):
        assert language.placeholders(german) == language.placeholders(english)
        assert german.count("&") == english.count("&")
        assert ending(german) == ending(english)
        assert german[:1].isspace() == english[:1].isspace()
        assert german.count("\n") == english.count("\n")
        assert not re.search(r"[\w,] (Sie|Ihr|Ihre[mnrs]?|Ihnen)\b", german)  # nobody is addressed


def pairs(entry):
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


# ---------------------------------------------------------------------- choosing a language


def test_english_is_spoken_until_another_language_is_chosen():
    assert chosen_language() == "en"
    assert tr("{done:,} of {found:,}", done=1204, found=13000) == "1,204 of 13,000"
    assert tr("") == ""
    assert trn("{count} picture", "{count} pictures", 1) == "1 picture"
    assert trn("{count} picture", "{count} pictures", 1204) == "1,204 pictures"
    assert mark("&Quit") == "&Quit"


def test_german_is_spoken_with_german_numbers(german):
    assert tr("&Quit") == "B&eenden"
    assert tr("") == ""
    assert trn("{count} picture", "{count} pictures", 1) == "1 Bild"
    assert trn("{count} picture", "{count} pictures", 1204) == "1.204 Bilder"
    assert tr("{figure} nats", figure=number(1204.5, ",.1f")) == "1.204,5 Nats"
    assert tr("{share:.0%} of the differences", share=np.float32(0.28)) == "28\u00a0% der Unterschiede"
    assert tr("{title} is locked.", title="1,5") == "1,5 ist gesperrt."
    assert separators() == (".", ",")


@pytest.mark.parametrize("code", ["en", "xx", "", "../de", "de_AT"])
def test_an_unknown_language_is_english(german, code):
    choose_language(code)
    assert chosen_language() == "en"
    assert tr("&Quit") == "&Quit"


def test_what_has_no_translation_is_english(german):
    assert tr("Something new about {what}.", what="it") == "Something new about it."
    assert trn("one thing", "{count} things", 2) == "2 things"


CATALOGUE = r"""
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\n"

msgid "good {name}"
msgstr "gut {name}"

msgid "another {name}"
msgstr "anderer {Name}"

msgid "lost {name}"
msgstr "verloren"

msgid "spoilt {number:,}"
msgstr "verdorben {number:q}"

msgid "open {name}"
msgstr "offen {name"

msgid "empty {name}"
msgstr ""

msgid "one of {all}"
msgid_plural "{count} of {all}"
msgstr[0] "eins von {all}"
msgstr[1] "{count} (wenige) von {all}"
msgstr[2] "{count} (viele) von {all}"

#, fuzzy
msgid "doubtful"
msgstr "zweifelhaft"
"""


@pytest.fixture
def spoken(tmp_path, monkeypatch):
    """speak(text): German with this text as its catalogue."""
    (tmp_path / "translations").mkdir()
    monkeypatch.setattr(language, "resources_folder", lambda: tmp_path)

    def speak(text):
        (tmp_path / "translations" / "de.po").write_bytes(text)
        choose_language("de")

    yield speak
    choose_language("en")


def test_entries_that_do_not_fit_are_left_in_english(spoken, caplog):
    spoken(CATALOGUE.encode())
    assert tr("good {name}", name="x") == "gut x"
    assert tr("another {name}", name="x") == "another x"
    assert tr("lost {name}", name="x") == "lost x"
    assert tr("spoilt {number:,}", number=1) == "spoilt 1"
    assert tr("open {name}", name="x") == "open x"
    assert tr("empty {name}", name="x") == "empty x"
    assert tr("doubtful") == "doubtful"
    assert "another" in caplog.text


def test_a_language_may_have_more_plural_forms_than_english(spoken, caplog):
    spoken(CATALOGUE.encode())
    counted = [trn("one of {all}", "{count} of {all}", count, all=9) for count in (1, 2, 7)]
    assert counted == ["eins von 9", "2 (wenige) von 9", "7 (viele) von 9"]


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe", b"no catalogue", b'msgid "x"\nmsgstr "y'])
def test_a_broken_catalogue_leaves_the_program_in_english(spoken, broken, caplog):
    spoken(broken)
    assert tr("&Quit") == "&Quit"


def test_a_missing_catalogue_leaves_the_program_in_english(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(language, "resources_folder", lambda: tmp_path)
    choose_language("de")
    assert chosen_language() == "en"
    assert "de.po" in caplog.text


def test_a_language_is_there_at_once():
    def seconds():
        begun = time.thread_time()  # of the processor: what runs beside the tests does not count
        choose_language("de")
        return time.thread_time() - begun

    try:
        assert min(seconds() for _ in range(5)) < 0.05
    finally:
        choose_language("en")


def test_english_needs_no_catalogue():
    script = "import training.language as l, sys; l.choose_language('en'); print('polib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
